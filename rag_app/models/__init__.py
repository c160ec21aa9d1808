"""Models on the disk and in memory: names, fetching, checking, loading, running.

The only room that imports OpenVINO, torch, transformers and llama.cpp. May import language and the modules at the top.
"""
