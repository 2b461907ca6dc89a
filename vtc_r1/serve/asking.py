"""From the body of a request, in the form of chat completions, to its solves."""

import asyncio
from collections.abc import Sequence

from fastapi import Request

from vtc_r1.answer_form import AnswerForm
from vtc_r1.attachments import Attachments
from vtc_r1.serve.chat_request import Asking
from vtc_r1.serve.chore import is_chore
from vtc_r1.serve.conversation import Conversation, conversation
from vtc_r1.serve.picture import MOST_IMAGES, decoded, fetched, invalid_image
from vtc_r1.serve.pictures import Pictures
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.response_format import cannot_constrain
from vtc_r1.serve.room import Held
from vtc_r1.serve.service import Service
from vtc_r1.serve.solve import Solve


async def begin(
    service: Service,
    request: Request,
    owner: str,
    body: Asking,
    form: AnswerForm | None,
    *,
    system: str | None = None,
    field: str = "messages",
    form_field: str = "response_format",
    is_text: bool = False,
) -> Sequence[Solve]:
    """Begin the solves of a request; nothing of its body is kept. Raises Refusal.

    Args:
        service: runs them.
        request: the request.
        owner: owner of its API key.
        body: what it asks for.
        form: form of the answer.
        system: system text beside the conversation.
        field: field of the body that holds the conversation.
        form_field: field of the body that holds the form.
        is_text: the conversation is a single text.
    """
    if body.model != service.model:
        raise Refusal(
            404,
            f"The model '{body.model}' does not exist; this server has '{service.model}'.",
            param="model",
            code="model_not_found",
        )
    if form is not None and not getattr(service.solver.backend, "constrains", False):
        raise cannot_constrain(form_field)
    messages = body.messages
    dialogue = conversation(messages, field, is_text=is_text)
    held: Held = request.scope["vtc_held"]
    pictures = await _pictures(service, dialogue, body.choices, held) if dialogue.images else None
    if pictures is None:
        held.release()
    is_direct = body.is_direct or (body.vtc.direct is None and is_chore(messages))
    texts = "\n\n".join(filter(None, (system, dialogue.system))) or None
    return service.begin(
        dialogue.whole if is_direct else dialogue.question,
        owner,
        attached=Attachments(earlier=() if is_direct else dialogue.earlier, system=texts),
        pictures=pictures,
        sampling=body.sampling,
        tokens=body.budget,
        seed=body.seed,
        memory=body.vtc.memory,
        budget=body.vtc.budget,
        form=form,
        is_direct=is_direct,
        choices=body.choices,
        field=field,
        memory_field="vtc.memory",
    )


async def _pictures(service: Service, dialogue: Conversation, solves: int, held: Held) -> Pictures:
    """Return the images of a conversation, read but not decoded; raises Refusal."""
    if len(dialogue.images) > MOST_IMAGES:
        where = dialogue.images[MOST_IMAGES][0]
        raise invalid_image(where, f"a conversation may hold at most {MOST_IMAGES} images", "too_many_images")
    vision = service.solver.renderer.profile.vision
    files = [
        (where, await fetched(address, where))
        if service.limits.image_urls and not address.lower().startswith("data:")
        else (where, await asyncio.to_thread(decoded, address, where))
        for where, address in dialogue.images
    ]
    return await asyncio.to_thread(Pictures, files, vision, solves, held.release)
