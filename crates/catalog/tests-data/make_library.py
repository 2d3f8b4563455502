"""Makes library.db with the real beets 2.14.1: `python make_library.py`.

The rows are small but have what real libraries have: an album of two discs, a singleton, a
compilation, flexible attributes, paths that are not UTF-8, and an item of an album that is gone.
"""

import os
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ["BEETSDIR"] = tempfile.mkdtemp()
os.environ["TZ"] = "UTC"

from beets.library import Item, Library  # noqa: E402

DATABASE = os.path.join(HERE, "library.db")


def item(title, path, **fields):
    fields = {"added": 1700000000.5, "mtime": 1600000000, "length": 61.5, **fields}
    return Item(title=title, path=b"/music/" + path, **fields)


def main():
    if os.path.exists(DATABASE):
        os.remove(DATABASE)
    lib = Library(DATABASE, "/music")
    shared = {"album": "Kid A", "albumartist": "Radiohead", "artist": "Radiohead", "year": 2000}
    shared.update(albumtypes=["album", "live"], genres=["Rock", "Electronic"], disctotal=2)
    album = lib.add_album([
        item("Idioteque", b"Radiohead/Kid A/1-08.mp3", track=8, disc=1, bitrate=192001, **shared),
        item("Untitled", b"Radiohead/Kid A/2-01\xff.flac", track=1, disc=2, **shared),
    ])
    album.artpath = b"/music/Radiohead/Kid A/cover.jpg"
    album["mood"] = "cold"
    album.store()
    lib.add(item("Alone", b"single.ogg", artist="Björk", initial_key="Db minor", rating="4"))
    lib.add_album([
        item("One", b"Various/1.opus", artist="A", album="Hits", comp=True, samplerate=44100),
    ])
    lost = item("Lost", b"../elsewhere/lost.m4a", album="Gone", rg_track_gain=-3.25)
    lost.album_id = 99
    lib.add(lost)
    connection = lib._connection()
    for table in ("items", "albums"):
        connection.execute(f"UPDATE {table} SET added = 1700000000.5")
    connection.commit()
    connection.execute("VACUUM")
    lib._close()
    for name in os.listdir(HERE):
        if name.endswith(".bak"):
            os.remove(os.path.join(HERE, name))


main()
