"""Short texts of many languages, as notes, letters, lists and tables, with the encodings that people kept them in."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.decode import decoded


@dataclass(frozen=True, slots=True)
class Legacy:
    """Texts of one language."""

    encodings: tuple[str, ...]  # in which its older files are found
    texts: tuple[str, ...]  # a line, a note, a table, a letter


LEGACY = {
    "Danish": Legacy(
        ("cp1252", "mac_roman"),
        (
            "Nøglen hænger på krogen",
            "Mødet er flyttet til søndag den 3. maj. Husk kaffe og småkager.",
            "vare;antal;pris\næbler;12;8,50\nrødgrød;3;24,00\nfløde;4;11,25\n",
            "Kære naboer, vi maler gården i uge 32, så cykler og barnevogne skal væk fra væggen. Venlig hilsen Bøje.",
        ),
    ),
    "German": Legacy(
        ("cp1252", "mac_roman", "cp850"),
        (
            "Der Schlüssel liegt unter dem größten Blumentopf",
            "Bitte die Mülltonnen am Dienstag früh an die Straße stellen. Die Gebühr beträgt 40 €.".replace(
                "€", "Euro"
            ),
            "Artikel;Menge;Preis\nKöder;3;4,20\nSäge;1;17,90\nPinsel groß;6;2,75\n",
            "Sehr geehrte Frau Höß, der Zähler für das Gartenhäuschen wird künftig jährlich abgelesen. Grüße, Jürgen",
        ),
    ),
    "French": Legacy(
        ("cp1252", "mac_roman", "cp850"),
        (
            "La clé de la cave est chez le boulanger à côté",
            "Le goûter de l'école a été reporté au 12 février; apportez une crêpe par élève.",
            "désignation;quantité;prix\nthé vert;4;3,50\ncafé moulu;2;5,90\nconfiture de mûres;1;4,10\n",
            "Chère Hélène, le chauffe-eau a été réparé très tôt. La facture s'élève à 180 francs, garantie un an à "
            "compter du relevé. Bien à vous, François",
        ),
    ),
    "Spanish": Legacy(
        ("cp1252", "mac_roman"),
        (
            "El niño pagó la última cuota en otoño",
            "¿Cuándo llega el camión? Mañana a las diez, según el señor Núñez.",
            "artículo;cantidad;precio\npiñones;3;7,20\njamón;1;48,00\nazúcar;10;1,15\n",
            "Estimada señora Peña: la reunión será el miércoles en el salón pequeño. El alquiler subió a 610 euros.",
        ),
    ),
    "Polish": Legacy(
        ("cp1250", "iso8859_2"),
        (
            "Klucz wisi przy drzwiach łazienki",
            "Zebranie odbędzie się w środę o piątej. Proszę przynieść własną łyżkę.",
            "towar;ilość;cena\ngwoździe;120;3,50\nśruby;48;5,60\nżarówka;7;12,99\n",
            "Szanowni Państwo, ogrzewanie zostanie włączone pierwszego października. Opłata wynosi siedemdziesiąt "
            "złotych miesięcznie. Z poważaniem, Łucja Wójcik",
        ),
    ),
    "Czech": Legacy(
        ("cp1250", "iso8859_2"),
        (
            "Klíč visí u dveří do sklepa",
            "Schůze je přeložena na čtvrtek, přineste prosím vlastní židli.",
            "zboží;počet;cena\nhřebíky;1200;3,50\nbílá barva;48;560,00\nštětec;7;45,90\n",
            "Vážený pane Dvořáku, voda bude v úterý od šesti do deseti hodin odpojena. Děkujeme, družstvo.",
        ),
    ),
    "Hungarian": Legacy(
        ("cp1250", "iso8859_2"),
        (
            "A kulcs a legfelső fiókban van, őrizd meg",
            "A gyűlés időpontja csütörtök este hét óra, kérjük a tagdíjat előre befizetni.",
            "áru;mennyiség;ár\nszög;1200;350\nfehér festék;48;5600\nfűrész;7;12990\n",
            "Tisztelt Lakók! A fűtés költsége idén tizenkétezer forint, két részletben fizethető. Üdvözlettel, "
            "Szőke Győző",
        ),
    ),
    "Turkish": Legacy(
        ("cp1254",),
        (
            "Anahtar kapının yanındaki çivide asılı",
            "Toplantı perşembe günü saat altıda; lütfen çayınızı yanınızda getirin.",
            "ürün;adet;fiyat\nçivi;1200;3,50\nfırça;48;56,00\nyağlı boya;7;129,90\n",
            "Sayın komşular, asansör salı günü bakımda olacağından çalışmayacaktır. Bilginize, yönetim.",
        ),
    ),
    "Greek": Legacy(
        ("cp1253", "iso8859_7"),
        (
            "Το κλειδί είναι κάτω από τη γλάστρα",
            "Η συνέλευση γίνεται την Πέμπτη στις επτά. Παρακαλώ φέρτε τα χαρτιά σας.",
            "είδος;ποσότητα;τιμή\nκαρφιά;1200;3,50\nλευκή μπογιά;48;560,00\nκόλλα;75;129,90\n",
            "Αγαπητοί γείτονες, το νερό θα κοπεί την Τρίτη το πρωί. Το ενοίκιο παραμένει στα τριακόσια ευρώ τον μήνα.",
        ),
    ),
    "Russian": Legacy(
        ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"),
        (
            "Ключ висит у двери в подвал",
            "Собрание переносится на четверг, начало в семь часов вечера.",
            "наименование;количество;цена\nшурупы;1200;3,50\nлак;48;560,00\nкисть;75;129,90\n",
            "Уважаемые соседи! Во вторник с шести до десяти не будет воды. Плата за отопление составит две тысячи "
            "рублей. С уважением, правление",
        ),
    ),
    "Ukrainian": Legacy(
        ("cp1251", "koi8_u"),
        (
            "Ключ висить біля дверей до льоху",
            "Збори переносяться на четвер, початок о сьомій годині вечора.",
            "назва;кількість;ціна\nцвяхи;1200;3,50\nбіла фарба;48;560,00\nклей;75;129,90\n",
            "Шановні сусіди! У вівторок з шостої до десятої не буде води. Ціна є незмінною. З повагою, правління",
        ),
    ),
    "Hebrew": Legacy(
        ("cp1255",),
        (
            "המפתח תלוי ליד הדלת של המרתף",
            "האסיפה נדחתה ליום חמישי בשעה שבע בערב.",
            "פריט;כמות;מחיר\nמסמרים;1200;3.50\nצבע לבן;48;560.00\nדבק;75;129.90\n",
            "שכנים יקרים, ביום שלישי בבוקר לא יהיו מים בבניין. דמי השכירות נשארים אלפיים שקלים לחודש. בברכה, הוועד",
        ),
    ),
    "Arabic": Legacy(
        ("cp1256",),
        (
            "المفتاح معلق بجانب باب القبو",
            "تأجل الاجتماع إلى يوم الخميس الساعة السابعة مساء.",
            "الصنف;الكمية;السعر\nمسامير;1200;3.50\nدهان أبيض;48;560.00\nغراء;75;129.90\n",
            "جيراننا الأعزاء، ستنقطع المياه صباح يوم الثلاثاء. يبقى الإيجار ثمانمائة دينار في الشهر. مع التحية، اللجنة",
        ),
    ),
    "Japanese": Legacy(
        ("cp932", "euc_jp", "iso2022_jp"),
        (
            "鍵は地下室のドアの横です",
            "会合は木曜日の午後七時に変更になりました。",
            "品名,数量,単価\n釘,1200,350円\n白ペンキ,48,5600円\n接着剤,75,1290円\n",
            "ご近所の皆様、火曜日の朝六時から十時まで断水します。家賃は月額八万円のままです。よろしくお願いいたします。",
        ),
    ),
    "Chinese": Legacy(
        ("gb18030", "big5"),
        (
            "鑰匙掛在門旁邊的牆上",
            "會議改到星期四晚上七點開始，請帶自己的杯子。",
            "名稱,數量,價格\n釘子,1200,350\n白色油漆,48,5600\n膠水,75,1290\n",
            "各位鄰居：星期二早上六點到十點停水。房租仍然是每月八千元。謝謝大家的配合。管理委員會",
        ),
    ),
    "Chinese, simplified": Legacy(
        ("gb18030",),
        (
            "钥匙挂在地下室门旁边",
            "会议改到星期四晚上七点开始，请带自己的杯子。",
            "名称,数量,价格\n钉子,1200,350\n白色油漆,48,5600\n胶水,75,1290\n",
            "各位邻居：星期二早上六点到十点停水。房租仍然是每月八千元。谢谢大家的配合。管理委员会",
        ),
    ),
    "Korean": Legacy(
        ("cp949",),
        (
            "열쇠는 지하실 문 옆에 있습니다",
            "회의는 목요일 저녁 일곱 시로 연기되었습니다.",
            "품목,수량,가격\n못,1200,350원\n흰 페인트,48,5600원\n접착제,75,1290원\n",
            "이웃 여러분, 화요일 아침 여섯 시부터 열 시까지 단수됩니다. 월세는 팔십만 원으로 변함이 없습니다.",
        ),
    ),
}
"""By language; none of the texts is anybody's."""


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of one text."""

    language: str
    encoding: str
    text: str
    right: bool
    doubtful: bool  # a remark says that it may be wrong


def told_apart() -> list[Told]:
    """Return what becomes of each text in each of its encodings."""
    results = []
    for language, legacy in LEGACY.items():
        for encoding in legacy.encodings:
            for text in legacy.texts:
                content = decoded(text.encode(encoding))
                results.append(Told(language, encoding, text, content.text == text, bool(content.remarks)))
    return results
