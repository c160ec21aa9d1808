"""What is asked: its kind, whether it leans on the conversation, which document of a series it means.

Reads questions and never documents' text. May import evidence, searching and what lies below them.
"""
