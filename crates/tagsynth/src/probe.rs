//! Tells the format of a file, as beets would.
//!
//! beets leaves the choice to mutagen: every kind of file gives a score from the first 128 bytes and
//! the end of the name, the highest wins, and among equals the kind whose name sorts last. So the
//! extension matters, even against the content: FLAC data in an `.mp3` is taken for an MP3. What
//! beets then refuses as a type is refused here.

use splice::ReadAt;

use crate::{Error, read};

/// A format that beets writes tags to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// AIFF and AIFF-C, tagged by ID3v2.
    Aiff,
    /// Monkey's Audio, tagged by APEv2.
    Ape,
    /// Windows Media.
    Asf,
    /// DSD stream file, tagged by ID3v2.
    Dsf,
    /// Native FLAC.
    Flac,
    /// MPEG audio, tagged by ID3v2.
    Mp3,
    /// AAC or ALAC in MP4.
    Mp4,
    /// Musepack, tagged by APEv2.
    Musepack,
    /// Opus in Ogg.
    Opus,
    /// Vorbis in Ogg.
    Vorbis,
    /// RIFF WAVE, tagged by ID3v2.
    Wav,
    /// WavPack, tagged by APEv2.
    WavPack,
}

impl Format {
    /// Returns the name that users read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aiff => "AIFF",
            Self::Ape => "Monkey's Audio",
            Self::Asf => "Windows Media",
            Self::Dsf => "DSF",
            Self::Flac => "FLAC",
            Self::Mp3 => "MP3",
            Self::Mp4 => "MP4",
            Self::Musepack => "Musepack",
            Self::Opus => "Ogg Opus",
            Self::Vorbis => "Ogg Vorbis",
            Self::Wav => "WAV",
            Self::WavPack => "WavPack",
        }
    }
}

/// How much of the file the scores look at.
const HEAD: usize = 128;

/// GUID of the ASF header object, as stored (ASF 1.2 §10.1).
const ASF_HEADER: &[u8] = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";

/// Returns the format of the file whose name, or path, ends in `file_name`.
///
/// # Errors
///
/// [`Error::Unrecognised`] and [`Error::Unsupported`] if beets would not write tags to the file,
/// [`Error::Read`] if the origin cannot be read.
pub fn probe<R: ReadAt + ?Sized>(origin: &R, file_name: &[u8]) -> Result<Format, Error> {
    let mut head = [0; HEAD];
    let n = read::up_to(origin, 0, &mut head)?;
    let clues = Clues {
        head: &head[..n],
        name: file_name,
    };
    let (score, format, name) = clues.best();
    match format {
        _ if score == 0 => Err(Error::Unrecognised),
        Some(format) => Ok(format),
        None => Err(Error::Unsupported { format: name }),
    }
}

/// What the scores are made from.
struct Clues<'a> {
    head: &'a [u8],
    name: &'a [u8],
}

impl Clues<'_> {
    /// Returns the winner: its score, its format if beets writes to it, and its name.
    ///
    /// Listed in the order of mutagen's names, so that the last of the highest wins. Two kinds are
    /// left out, since beets writes to neither. A file with an ID3v2 tag in front always scores more
    /// as MP3. An APEv2 tag at the end scores 1, which beats only what is AIFF by name alone, and
    /// that has no FORM chunk to put tags into.
    fn best(&self) -> (u8, Option<Format>, &'static str) {
        let ogg = self.starts(b"OggS");
        let id3 = self.starts(b"ID3");
        let syncs = [b"\xff\xf2", b"\xff\xf3", b"\xff\xfa", b"\xff\xfb"];
        let mpeg = id3 | u8::from(syncs.iter().any(|sync| self.head.starts_with(*sync)));
        let wave = u8::from(self.head.get(8..12) == Some(b"WAVE"));
        #[rustfmt::skip]
        let scores = [
            (self.ends(&[".aac", ".adts", ".adif"]) + self.has(b"ADIF"), None, "AAC"),
            (2 * self.starts(b"\x0b\x77") + self.ends(&[".ac3", ".eac3"]), None, "AC3"),
            (2 * self.starts(b"FORM") + self.ends(&[".aif", ".aiff", ".aifc"]), Some(Format::Aiff), "AIFF"),
            (2 * self.starts(ASF_HEADER), Some(Format::Asf), "ASF"),
            (2 * self.starts(b"FRM8") + u8::from(self.name.ends_with(b".dff")), None, "DSDIFF"),
            (2 * self.starts(b"DSD ") + self.ends(&[".dsf"]), Some(Format::Dsf), "DSF"),
            (self.starts(b"fLaC") + 3 * self.ends(&[".flac"]), Some(Format::Flac), "FLAC"),
            (2 * mpeg + self.ends(&[".mp3", ".mp2", ".mpg", ".mpeg"]), Some(Format::Mp3), "MP3"),
            (self.has(b"ftyp") + self.has(b"mp4"), Some(Format::Mp4), "MP4"),
            (self.starts(b"MAC ") + self.ends(&[".ape"]), Some(Format::Ape), "MonkeysAudio"),
            (self.starts(b"MP+") + self.starts(b"MPCK") + self.ends(&[".mpc"]), Some(Format::Musepack), "Musepack"),
            (ogg * (self.has(b"FLAC") + self.has(b"fLaC")), None, "Ogg FLAC"),
            (ogg * self.has(b"OpusHead"), Some(Format::Opus), "OggOpus"),
            (ogg * self.has(b"Speex   "), None, "Ogg Speex"),
            (2 * ogg * (self.has(b"\x80theora") + self.has(b"\x81theora")), None, "Ogg Theora"),
            (ogg * self.has(b"\x01vorbis"), Some(Format::Vorbis), "OggVorbis"),
            (self.starts(b"OFR") + self.ends(&[".ofr", ".ofs"]), None, "OptimFROG"),
            (self.starts(b"MThd") & self.ends(&[".mid", ".midi"]), None, "MIDI"),
            (self.starts(b"tBaK") + self.ends(&[".tak"]), None, "TAK"),
            (id3 + self.starts(b"TTA") + 2 * self.ends(&[".tta"]), None, "TrueAudio"),
            (self.starts(b"RIFF") + wave + self.ends(&[".wav", ".wave"]), Some(Format::Wav), "WAVE"),
            (2 * self.starts(b"wvpk"), Some(Format::WavPack), "WavPack"),
        ];
        let nothing = (0, None, "");
        let later_wins =
            |best: (u8, _, _), next: (u8, _, _)| if next.0 >= best.0 { next } else { best };
        scores.into_iter().fold(nothing, later_wins)
    }

    fn starts(&self, magic: &[u8]) -> u8 {
        u8::from(self.head.starts_with(magic))
    }

    fn has(&self, word: &[u8]) -> u8 {
        u8::from(self.head.windows(word.len()).any(|window| window == word))
    }

    fn ends(&self, extensions: &[&str]) -> u8 {
        let ends = |extension: &&str| {
            let start = self.name.len().saturating_sub(extension.len());
            self.name[start..].eq_ignore_ascii_case(extension.as_bytes())
        };
        u8::from(extensions.iter().any(ends))
    }
}
