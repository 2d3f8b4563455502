"""Makes the numbered seeds: texts, the files of the fixture library, cut short, and small files of chunks.

    seeds/make.py

The other seeds, named after what they found, are kept inputs of former failures.
"""

import itertools
import pathlib
import struct
import tarfile
import uuid

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = HERE.parent.parent / "fixtures/data/library.tar"
TAGS = b"\xfe".join(bytes([field]) + b"1 b\xc3\xa9;c" for field in range(0, 69, 3))
LONGEST = 4 << 10

TEXTS = {
    "template": [
        ["0", "$album/%upper{$artist}/$track ${title}", "a.MP3", "", "", "title", "A/B: C?", "artist", "Bj\u00f6rk"],
        ["4", "%if{$comp,Various,%the{$artist}}/%left{$title,3}%right{$title,2}$$%%", "x.flac", "", "", "title", "\u7530\u4e2d",
         "artist", "\u0416\u0443\u043a"],
        ["7", "%ifdef{a,$a,}/%asciify{$a}%time{$t,%Y-%j}%first{$a,2,1,;,+}", ".x", "a", "/", "a", "a;b; c", "t",
         "2024-02-29 01:02:03"],
        ["$", "%title{$a}%lower{%sunique{}}%aunique{album,$a}}${", "a.b.c", "", "", "a", "it's ..\u00df"],
        ["-", "%replace{$a,b,c}/ . / .. /-", "a.\u0130", ".", "..", "a", "C:/x"],
    ],
    "query": [
        ["0", "title:a , ^artist::b+ year:1990..", "Tom", "rock", "pop", "\1\2", "/music/e"],
        ["3", "~tom added:-3w..2024-02 length:2:30..4", "tom", "a;b", "", "1", "x"],
        ["0", "\"mood:a b\" genres:=rock title:=~TOM path:new/e stars:..3 singleton:true comp:yes", "TOM", "rock", "",
         "", "/music/new/e"],
        ["6", "playlist:x #y", "", "", "", "", ""],
        ["1", "last_played:2020-01-01T10:11:12..", "", "", "", "", ""],
        ["0", "a\\:b 'c d\" year+ -added:2024-13", "", "", "", "", ""],
    ],
    "regex": [
        ["0", r"^(?P<a>[\w.]+)\s*(?i:b|c)?(?=d)$", r"\g<a>-\1\n", "ab d\n"],
        ["1", r"(?x) a{2,3}? # x", r"\x", "AAAA"],
        ["0", r"(a*)*b|(?<!x)[^\W\d_-]\Z", "", "aaaaaaaaaaaaaaaaaaaa"],
        ["0", r"(?(1)a|b)(.)\1\u00e9\N{BULLET}", "$1", "\u00e9\u00e9"],
        ["0", r"(?=(.*))", r"\1\1", "abcdef"],
        ["0", "[][a-z&&[^b]||~~--]", "", "[]&"],
    ],
}

# The starts of streams that beets reads, and of one before Musepack had a marker.
STREAMS = {
    "wavpack": b"wvpk" + bytes(20) + b"\x05\x18\x80\x04" + bytes(4),
    "monkeys_audio": b"MAC \x96\x0f" + bytes(70),
    "sv7": b"MP+\x07" + bytes(28),
    "sv8": b"MPCKSH\x0d" + bytes(4) + b"\x08\x9f\x20\x00\x00\x10RG\x0c\x01" + bytes(8) + b"AP\x04\x00SE\x03",
    "sv5": b"\x00\x28\x00\x00" + bytes(28),
}
ID3V1 = b"TAG" + b" " * 125


def apev2(items, header=True, version=2000, count=None):
    body = b"".join(struct.pack("<II", len(value), flags) + key + b"\0" + value for key, value, flags in items)
    count = len(items) if count is None else count
    ends = [
        b"APETAGEX" + struct.pack("<IIIIQ", version, len(body) + 32, count, header << 31 | is_header << 29, 0)
        for is_header in (1, 0)
    ]
    return ends[0] * header + body + ends[1]


def tails():
    texts = [(b"Title", b"old", 0), (b"ARTIST", b"a\0b", 0), (b"UPC", b"1", 1), (b"Mood", b"kept", 0)]
    picture = (b"Cover Art (Front)", b"cover.jpg\0" + bytes(40), 2)
    whole = apev2([*texts, picture, (b"Related", b"http://example.org", 4)])
    yield from (b"", ID3V1, whole, whole + ID3V1, whole[:24] * 2 + whole)
    yield whole + b"LYRICSBEGIN000011LYRICS200" + ID3V1
    yield apev2(texts, header=False, version=1000)
    yield apev2([*texts, (b"title", b"new", 0), (b"BARCODE", b"x", 2)], count=9)
    yield apev2([picture] * 2, count=1) + apev2([])


GUIDS = {
    "header": "75B22630-668E-11CF-A6D9-00AA0062CE6C",
    "properties": "8CABDCA1-A947-11CF-8EE4-00C00C205365",
    "extension": "5FBF03B5-A92E-11CF-8EE3-00C00C205365",
    "description": "75B22633-668E-11CF-A6D9-00AA0062CE6C",
    "extended": "D2D0A440-E307-11D2-97F0-00A0C95EA850",
    "metadata": "C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA",
    "library": "44231C94-9498-49D1-A141-1D134E457054",
    "padding": "1806D474-CADF-4509-A4BA-9AABCB96AAE8",
    "unknown": "01234567-89AB-CDEF-0123-456789ABCDEF",
}


def asf_object(name, content):
    return uuid.UUID(GUIDS[name]).bytes_le + struct.pack("<Q", 24 + len(content)) + content


def utf16(text):
    return (text + "\0").encode("utf-16-le")


def extended(name, code, value):
    name = utf16(name)
    return struct.pack("<H", len(name)) + name + struct.pack("<HH", code, len(value)) + value


def metadata(language, stream, name, code, value):
    name = utf16(name)
    return struct.pack("<HHHHI", language, stream, len(name), code, len(value)) + name + value


def asf_files():
    properties = asf_object("properties", struct.pack("<16xQ40xI12x", 700, 2))
    description = asf_object("description", struct.pack("<5H", 4, 4, 0, 6, 0) + utf16("t") + utf16("a") + utf16("de"))
    values = [(0, utf16("x")), (1, b"bytes"), (2, b"\1\0\0\0"), (3, b"\3" * 4), (4, b"\4" * 8), (5, b"\5\5"), (6, b"\6" * 16)]
    names = ["WM/Genre", "WM/Picture", "WM/IsCompilation", "WM/TrackNumber", "Q", "W", "G"]
    attributes = asf_object("extended", struct.pack("<H", 7) + b"".join(
        extended(name, code, value) for name, (code, value) in zip(names, values)))
    about_stream = asf_object("metadata", struct.pack("<H", 2) + metadata(0, 1, "IsVBR", 2, b"\1\0")
                              + metadata(0, 2, "IsVBR", 2, b"\0\0"))
    library = asf_object("library", struct.pack("<H", 2) + metadata(1, 0, "WM/Genre", 0, utf16("y"))
                         + metadata(0, 0, "G", 6, b"\6" * 16))
    inner = asf_object("unknown", b"?") + about_stream + asf_object("padding", bytes(30)) + library
    extension = asf_object("extension", struct.pack("<16xHI", 6, len(inner)) + inner)
    padding = asf_object("padding", bytes(300))
    for objects in (
        [properties],
        [properties, extension, description, attributes, padding],
        [description, attributes, properties, attributes, extension, extension, asf_object("unknown", bytes(9))],
    ):
        content = struct.pack("<IH", len(objects), 0x201) + b"".join(objects)
        yield asf_object("header", content) + b"audio"


def id3(major, **frames):
    body = b"".join(
        name.encode() + struct.pack(">IH", len(data), 0) + data for name, data in frames.items()  # short ones
    ) + bytes(20)
    return b"ID3" + bytes([major, 0, 0, 0, 0, len(body) >> 7, len(body) & 127]) + body


def chunks(endian, root, *parts, tail=b""):
    def chunk(name, data):
        return name + struct.pack(endian + "I", len(data)) + data + bytes(len(data) % 2)

    return chunk(root, parts[0] + b"".join(chunk(*part) for part in parts[1:])) + tail


def dsf(tag):
    start = 92 + 64
    header = b"DSD " + struct.pack("<QQQ", 28, start + len(tag), start if tag else 0)
    header += b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, 2822400, 1, 512, 4096, 0)
    return header + b"data" + struct.pack("<Q", 12 + 64) + b"i" * 64 + tag


TAG = id3(3, TIT2=b"\0old", TXXX=b"\0Asin\0x", APIC=b"\0image/png\0\3\0data", TIPL=b"\0mixer\0a\0arranger\0b")
FORMAT = (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
SAMPLES = (b"data", b"samples")
COMMON = (b"COMM", b"\0\1\0\0\0\x14\0\x10\x40\x0b\xfa" + bytes(7))
SOUND = (b"SSND", bytes(8) + b"samples")
CHUNKS = {
    "wav": [
        chunks("<", b"RIFF", b"WAVE", FORMAT, SAMPLES),
        chunks("<", b"RIFF", b"WAVE", FORMAT, (b"id3 ", TAG), SAMPLES, (b"LIST", b"INFO"), tail=b"tail"),
        chunks("<", b"RIFF", b"WAVE", FORMAT, SAMPLES, (b"ID3 ", TAG), (b"id3 ", b"x"), tail=ID3V1),
    ],
    "aiff": [
        chunks(">", b"FORM", b"AIFF", COMMON, SOUND, (b"ANNO", b"odd")),
        chunks(">", b"FORM", b"AIFC", COMMON, (b"ID3 ", TAG), SOUND),
        chunks(">", b"FORM", b"AIFF", COMMON, SOUND, (b"ID3 ", TAG), tail=ID3V1),
    ],
    "dsf": [dsf(b""), dsf(TAG), dsf(TAG + ID3V1)],
}


def atom(name, *content, wide=False):
    content = b"".join(content)
    size = struct.pack(">I4sQ", 1, name, len(content) + 16) if wide else struct.pack(">I4s", len(content) + 8, name)
    return size + content


def full(*words):
    return struct.pack(f">{len(words) + 1}I", 0, *words)


def item(name, kind, *values):
    return atom(name, *(atom(b"data", struct.pack(">II", kind, 0), value) for value in values))


def mp4_files():
    mean = atom(b"mean", bytes(4), b"com.apple.iTunes")
    free = [
        atom(b"----", mean, atom(b"name", bytes(4), name), item(b"....", 1, value)[8:])
        for name, value in [(b"iTunNORM", b" 000003E8" * 10), (b"Label", b"x"), (b"MOOD", b"kept")]
    ]
    items = [item(b"\xa9nam", 1, b"old"), item(b"trkn", 0, bytes(8)), item(b"gnre", 0, b"\0\x12"), item(b"tmpo", 21, b"\0\x7f"),
             item(b"cpil", 21, b"\1"), item(b"covr", 13, b"jpeg") + atom(b"name", b"n"), item(b"xxyz", 0, b"?"), *free]
    hdlr = atom(b"hdlr", bytes(8), b"mdirappl", bytes(9))

    def tables(table):
        return atom(b"trak", atom(b"mdia", atom(b"minf", atom(b"stbl", table))))

    def udta(*inside):
        return atom(b"udta", atom(b"meta", bytes(4), hdlr, *inside))

    ftyp, mdat = atom(b"ftyp", b"M4A mp42"), atom(b"mdat", b"samples!")
    tags = udta(atom(b"ilst", *items), atom(b"free", bytes(300)))
    stco = tables(atom(b"stco", full(2, 2000, 24)))
    co64 = tables(atom(b"co64", full(1), struct.pack(">Q", 3000)) + atom(b"saio", full(1, 3000)))
    yield ftyp + atom(b"moov", stco, tags) + mdat
    yield ftyp + mdat + atom(b"moov", stco, udta(atom(b"free"), atom(b"ilst", *items[:2]))) + atom(b"free", bytes(900))
    yield ftyp + atom(b"moov", atom(b"udta", tags[8:], wide=True), co64, wide=True) + atom(b"free", bytes(5000)) + mdat
    yield ftyp + atom(b"moov", stco) + atom(b"skip", bytes(40)) + mdat[:12]
    traf = atom(b"traf", atom(b"tfhd", struct.pack(">IIQ", 1, 1, 3000)))
    index = atom(b"mfra", atom(b"tfra", full(1, 0, 1, 0, 3000), bytes(3)), atom(b"mfro", full(51)))
    yield ftyp + atom(b"moov", tables(atom(b"stco", full(0)))) + atom(b"moof", traf) + mdat + index
    yield ftyp + atom(b"moov", udta(atom(b"ilst", *items[:1])), stco) + atom(b"sidx", bytes(24)) + atom(b"moof", traf[:20])


def audio():
    with tarfile.open(LIBRARY) as library:
        for member in library:
            kind = pathlib.PurePath(member.name).suffix.lstrip(".")
            if member.isfile() and kind in ("flac", "mp3"):
                data = library.extractfile(member).read()
                yield kind, data[: LONGEST - 512] + data[-512:] if len(data) > LONGEST else data


def write(kind, number, data):
    (HERE / kind).mkdir(exist_ok=True)
    settings = bytes([ord("0") + number % 4])
    (HERE / kind / f"{number}").write_bytes(b"\xff".join([settings, TAGS if number % 2 else b"", data]))


def crc(data):
    total = 0
    for byte in data:
        total ^= byte << 24
        for _ in range(8):
            total = total << 1 ^ (0x104C11DB7 if total >> 31 else 0)
    return total


def page(flags, number, segments, body):
    """A page of Ogg at position 0 of the stream 1."""
    head = struct.pack("<4s2BqIII", b"OggS", 0, flags, 0, 1, number, 0) + bytes([len(segments), *segments])
    return head[:22] + struct.pack("<I", crc(head + body)) + head[26:] + body


def opus_on_small_pages():
    """Comments that nothing may be padded after, a segment a page: shorter ones take fewer pages."""
    comments = [b"TITLE=old", b"LYRICS=" + 600 * b"la"]
    packet = b"OpusTags" + struct.pack("<I3sI", 3, b"old", len(comments))
    packet += b"".join(struct.pack("<I", len(comment)) + comment for comment in comments) + b"\1suffix"
    yield page(2, 0, [19], b"OpusHead" + struct.pack("<BBHIHB", 1, 1, 312, 48000, 0, 0))
    for number, start in enumerate(range(0, len(packet), 255)):
        part = packet[start : start + 255]
        yield page(number > 0, number + 1, [len(part)], part)
    for last in (0, 4):
        number += 1
        yield page(last, number + 1, [3], b"\xf8\xff\xfe")


def ogg():
    with tarfile.open(LIBRARY) as library:
        vorbis, opus = (library.extractfile(f"music/every/field.{kind}").read() for kind in ("ogg", "opus"))
    small = b"".join(opus_on_small_pages())
    junk = small[:-31] + b"OggS" + small[-31:]
    return [vorbis, opus, small, opus + vorbis, junk + small, small + opus]


for target, seeds in TEXTS.items():
    (HERE / target).mkdir(exist_ok=True)
    for number, parts in enumerate(seeds):
        (HERE / target / f"{number}").write_bytes(b"\xff".join(part.encode() for part in parts))
for number, (kind, data) in enumerate(sorted(audio())[::3]):
    write(kind, number, data)
for number, data in enumerate(asf_files()):
    write("asf", number, data)
(HERE / "ape").mkdir(exist_ok=True)
for number, (stream, tail) in enumerate(itertools.product(STREAMS, tails())):
    settings = b"8" if stream == "sv5" else (b"0", b"4")[number % 2]
    data = b"\xff".join([settings, TAGS if number % 3 else b"", STREAMS[stream] + tail])
    if number % 4 == 0 or stream == "wavpack":
        (HERE / "ape" / f"{number}").write_bytes(data)
(HERE / "mp4").mkdir(exist_ok=True)
for number, data in enumerate(mp4_files()):
    settings = bytes([ord("0") + number % 2 * 4])
    (HERE / "mp4" / f"{number}").write_bytes(b"\xff".join([settings, TAGS if number % 3 else b"", data]))
(HERE / "ogg").mkdir(exist_ok=True)
for number, data in enumerate(ogg()):
    settings = b"4" if number % 3 == 2 else b"0"
    (HERE / "ogg" / f"{number}").write_bytes(b"\xff".join([settings, TAGS if number % 2 else b"", data]))
for kind, files in CHUNKS.items():
    for number, data in enumerate(files):
        write(kind, number, data)
