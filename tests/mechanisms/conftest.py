"""Property tests here are judged by their result; a busy machine must not fail them."""

from hypothesis import settings

settings.register_profile("mechanisms", deadline=None)
settings.load_profile("mechanisms")
