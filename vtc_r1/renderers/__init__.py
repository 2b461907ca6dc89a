"""Text to pages: layout, glyph atlas, encoding, profiles, vision-token arithmetic."""

from vtc_r1.renderers.many import render_many
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.profile import Profile, load_profile, profile_names
from vtc_r1.renderers.renderer import Renderer
from vtc_r1.renderers.vision import VisionFamily

__all__ = ["Page", "Profile", "Renderer", "VisionFamily", "load_profile", "profile_names", "render_many"]
