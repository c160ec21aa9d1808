"""What a person sees and types in a terminal: answers, reports, progress, the chat.

Prints values that others computed. May import the library and what lies below it; not the server, not the commands.
"""
