"""One question, one answer: which form it takes, its stages in order, what is said where nothing is found.

May import asking, proof, evidence and what lies below them. The library hands it the stages.
"""
