"""The HTTP door: an OpenAI-compatible server in this process, its keys and limits, and the web chat."""
