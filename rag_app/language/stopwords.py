"""Words of a question that say nothing about its subject, in English, German, French and Spanish."""

from __future__ import annotations

_ENGLISH = """
a about after all am an and any are as at be because been before being but by can could did do does doing don for from
had has have having he her here hers him his how i if in into is it its itself ll me my no nor not of on once or our
ours out over please re s she should so some such than that the their theirs them then there these they this those
through to too under until up ve very was we were what when where which while who whom whose why with would you your
yours
"""

_GERMAN = """
aber als am an auch auf aus bei beim bis da damit dann das dass dem den denn der des dessen deren dich dir doch dort du
durch ein eine einem einen einer eines er es für gegen gibt haben hatte hier ich ihm ihn ihr ihre im in ist ja kann
kein keine können man mein meine mich mir mit nach nicht noch nun nur ob oder ohne schon sehr sein seine sich sie sind
soll sowie um und uns unser unter vom von vor wann warum was weil welche welchem welchen welcher welches wenn wer werden
weshalb wessen wie wieso wird wo woher wohin wurde wurden während zu zum zur zwischen über
"""

_FRENCH = """
a ai au aux avec ce cela ces cet cette ceux chez combien comme comment dans de des donc du elle elles en est et eux il
ils je l la le les leur leurs lui ma mais me mes moi mon même ne nos notre nous on ont ou où par parce pas pendant peut
plus pourquoi qu quand que quel quelle quelles quels qui quoi sa ses si sont sous sur ta te tes toi tu un une vos votre
vous à étaient était été être
"""

_SPANISH = """
a al algo ante como con cual cuales cuando cuanto cuál cuáles cuándo cuánto cuántos cuántas cómo de del desde donde
dónde durante e el ella ellas ellos en entre eran es esa ese eso esta estaba este esto está están fue fueron ha han
hasta hay la las le les lo los me mi muy más ni nos nosotros o para pero por porque que quien quién quiénes qué se según
ser si sin sobre son su sus sí también te tiene tienen tu un una uno unos y ya
"""

# What another of the four languages needs as a noun or a verb stays searchable: "war and peace", "which car".
_CONTENT = "art bin car die dies era fin hat main man may mine pas pour sea sin son sur ton us war will"

STOP_WORDS = frozenset((_ENGLISH + _GERMAN + _FRENCH + _SPANISH).split()) - frozenset(_CONTENT.split())
"""Lower case, accents composed."""
