"""Documents that come with a question: read from files, shown to the model as pages or as text."""

from vtc_r1.documents.document import Document, Kind
from vtc_r1.documents.reading import read_document, read_documents
from vtc_r1.documents.shown import Form, Shown, show

__all__ = ["Document", "Form", "Kind", "Shown", "read_document", "read_documents", "show"]
