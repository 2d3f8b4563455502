//! What each kind of frame is made of (ID3v2.4.0-frames §4; 2.3 §4; 2.2 §4).

/// A frame's identifier, as of version 2.3 on.
pub(crate) type Id = [u8; 4];

/// One part of a frame's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spec {
    /// Text in the frame's encoding, terminated.
    Text,
    /// Texts in the frame's encoding, up to the end.
    Texts,
    /// Timestamps in the frame's encoding, up to the end.
    Stamps,
    /// Pairs of texts in the frame's encoding, up to the end.
    Pairs,
    /// Texts in the frame's encoding, each with a time of four bytes, up to the end.
    Timed,
    /// Text in ISO-8859-1, terminated.
    Latin1,
    /// A count, and so many texts in ISO-8859-1.
    Latin1List,
    /// So many ASCII characters.
    Ascii(usize),
    /// A number of so many bytes.
    Sized(usize),
    /// A number of all bytes that are left, and at least four.
    Counter,
    /// A gain as a signed number of two bytes.
    Gain,
    /// A peak: its width in bits, and so many bits.
    Peak,
    /// Events of five bytes each.
    Events,
    /// Frequencies and gains of four bytes each, in the frequencies' order.
    Curve,
    /// The points of an ASPI frame, whose earlier parts say how many and how wide.
    Points,
    /// Binary data up to the end; may be none.
    Binary,
    /// Frames within the frame, up to the end; may be none.
    Frames,
}

/// The parts of a kind of frame.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Whether the first byte is the encoding of the frame's texts; it is no part of `specs`.
    pub(crate) encoded: bool,
    pub(crate) specs: &'static [Spec],
    /// How many parts must be there.
    pub(crate) required: usize,
    /// Which parts tell frames of this kind apart.
    pub(crate) key: &'static [usize],
}

impl Layout {
    const fn new(encoded: bool, specs: &'static [Spec], key: &'static [usize]) -> Self {
        Self {
            encoded,
            specs,
            required: specs.len(),
            key,
        }
    }

    const fn required(self, required: usize) -> Self {
        Self { required, ..self }
    }
}

/// Returns the parts of the frames that are called `id`, unless they are unknown to mutagen.
pub(crate) fn layout(id: Id) -> Option<&'static Layout> {
    use Spec::{
        Ascii, Binary, Counter, Curve, Events, Frames, Gain, Latin1, Latin1List, Pairs, Peak,
        Points, Sized, Stamps, Text, Texts, Timed,
    };
    macro_rules! layout {
        ($encoded:literal, [$($spec:expr),*], [$($key:literal),*] $(, $required:literal)?) => {{
            const LAYOUT: Layout =
                Layout::new($encoded, &[$($spec),*], &[$($key),*])$(.required($required))?;
            Some(&LAYOUT)
        }};
    }
    match &id {
        b"GRP1" | b"MVIN" | b"MVNM" | b"TALB" | b"TBPM" | b"TCAT" | b"TCMP" | b"TCOM" | b"TCON"
        | b"TCOP" | b"TDAT" | b"TDES" | b"TDLY" | b"TENC" | b"TEXT" | b"TFLT" | b"TGID"
        | b"TIME" | b"TIT1" | b"TIT2" | b"TIT3" | b"TKEY" | b"TKWD" | b"TLAN" | b"TLEN"
        | b"TMED" | b"TMOO" | b"TOAL" | b"TOFN" | b"TOLY" | b"TOPE" | b"TORY" | b"TOWN"
        | b"TPE1" | b"TPE2" | b"TPE3" | b"TPE4" | b"TPOS" | b"TPRO" | b"TPUB" | b"TRCK"
        | b"TRDA" | b"TRSN" | b"TRSO" | b"TSIZ" | b"TSO2" | b"TSOA" | b"TSOC" | b"TSOP"
        | b"TSOT" | b"TSRC" | b"TSSE" | b"TSST" | b"TYER" => layout!(true, [Texts], []),
        b"TDEN" | b"TDOR" | b"TDRC" | b"TDRL" | b"TDTG" => layout!(true, [Stamps], []),
        b"TXXX" => layout!(true, [Text, Texts], [0]),
        b"WCOM" | b"WOAR" => layout!(false, [Latin1], [0]),
        b"WCOP" | b"WFED" | b"WOAF" | b"WOAS" | b"WORS" | b"WPAY" | b"WPUB" => {
            layout!(false, [Latin1], [])
        }
        b"WXXX" => layout!(true, [Text, Latin1], [0]),
        b"IPLS" | b"TIPL" | b"TMCL" => layout!(true, [Pairs], []),
        b"COMM" => layout!(true, [Ascii(3), Text, Texts], [1, 0]),
        b"USLT" => layout!(true, [Ascii(3), Text, Text], [1, 0]),
        b"SYLT" => layout!(true, [Ascii(3), Sized(1), Sized(1), Text, Timed], [3, 0]),
        b"USER" => layout!(true, [Ascii(3), Text], [0]),
        b"APIC" => layout!(true, [Latin1, Sized(1), Text, Binary], [2]),
        b"GEOB" => layout!(true, [Latin1, Text, Text, Binary], [2]),
        b"OWNE" => layout!(true, [Latin1, Ascii(8), Text], []),
        b"COMR" => layout!(
            true,
            [
                Latin1,
                Ascii(8),
                Latin1,
                Sized(1),
                Text,
                Text,
                Latin1,
                Binary
            ],
            [],
            6
        ),
        // The adjustments of RVAD are dropped on every upgrade, whatever they are.
        b"MCDI" | b"RVAD" => layout!(false, [Binary], []),
        b"UFID" => layout!(false, [Latin1, Binary], [0]),
        b"PRIV" => layout!(false, [Latin1, Binary], [0, 1]),
        b"ENCR" => layout!(false, [Latin1, Sized(1), Binary], [0]),
        b"GRID" => layout!(false, [Latin1, Sized(1), Binary], [1]),
        b"SIGN" => layout!(false, [Sized(1), Binary], [0, 1]),
        b"AENC" => layout!(false, [Latin1, Sized(2), Sized(2), Binary], [0]),
        b"LINK" => layout!(false, [Ascii(4), Latin1, Binary], [0, 1, 2]),
        b"POPM" => layout!(false, [Latin1, Sized(1), Counter], [0], 2),
        b"PCNT" | b"PCST" | b"SEEK" => layout!(false, [Counter], []),
        b"POSS" => layout!(false, [Sized(1), Counter], []),
        b"RBUF" => layout!(false, [Sized(3), Sized(1), Sized(4)], [], 1),
        b"RVA2" => layout!(false, [Latin1, Sized(1), Gain, Peak], [0]),
        b"EQU2" => layout!(false, [Sized(1), Latin1, Curve], [1]),
        b"RVRB" => layout!(
            false,
            [
                Sized(2),
                Sized(2),
                Sized(1),
                Sized(1),
                Sized(1),
                Sized(1),
                Sized(1),
                Sized(1),
                Sized(1),
                Sized(1)
            ],
            []
        ),
        b"ETCO" => layout!(false, [Sized(1), Events], []),
        b"SYTC" => layout!(false, [Sized(1), Binary], []),
        b"MLLT" => layout!(
            false,
            [Sized(2), Sized(3), Sized(3), Sized(1), Sized(1), Binary],
            []
        ),
        b"ASPI" => layout!(false, [Sized(4), Sized(4), Sized(2), Sized(1), Points], []),
        b"CHAP" => layout!(
            false,
            [Latin1, Sized(4), Sized(4), Sized(4), Sized(4), Frames],
            [0]
        ),
        b"CTOC" => layout!(false, [Latin1, Sized(1), Latin1List, Frames], [0]),
        _ => None,
    }
}

/// The parts of a PIC frame, which is APIC with a file extension for a media type (2.2 §4.15).
pub(crate) const PIC: Layout = Layout::new(
    true,
    &[Spec::Ascii(3), Spec::Sized(1), Spec::Text, Spec::Binary],
    &[],
);

/// The parts of an LNK frame, whose frame identifier has three characters (2.2 §4.22).
pub(crate) const LNK: Layout =
    Layout::new(false, &[Spec::Ascii(3), Spec::Latin1, Spec::Binary], &[]);

/// Returns the name from 2.3 on of a frame of version 2.2.
pub(crate) fn renamed(id: [u8; 3]) -> Option<Id> {
    /// Old name and new one.
    #[rustfmt::skip]
    const NAMES: &[(&[u8; 3], &Id)] = &[
        (b"BUF", b"RBUF"), (b"CNT", b"PCNT"), (b"COM", b"COMM"), (b"CRA", b"AENC"),
        (b"ETC", b"ETCO"), (b"GEO", b"GEOB"), (b"GP1", b"GRP1"), (b"IPL", b"IPLS"),
        (b"LNK", b"LINK"), (b"MCI", b"MCDI"), (b"MLL", b"MLLT"), (b"MVI", b"MVIN"),
        (b"MVN", b"MVNM"), (b"PIC", b"APIC"), (b"POP", b"POPM"), (b"REV", b"RVRB"),
        (b"RVA", b"RVAD"), (b"SLT", b"SYLT"), (b"STC", b"SYTC"), (b"TAL", b"TALB"),
        (b"TBP", b"TBPM"), (b"TCM", b"TCOM"), (b"TCO", b"TCON"), (b"TCP", b"TCMP"),
        (b"TCR", b"TCOP"), (b"TDA", b"TDAT"), (b"TDY", b"TDLY"), (b"TEN", b"TENC"),
        (b"TFT", b"TFLT"), (b"TIM", b"TIME"), (b"TKE", b"TKEY"), (b"TLA", b"TLAN"),
        (b"TLE", b"TLEN"), (b"TMT", b"TMED"), (b"TOA", b"TOPE"), (b"TOF", b"TOFN"),
        (b"TOL", b"TOLY"), (b"TOR", b"TORY"), (b"TOT", b"TOAL"), (b"TP1", b"TPE1"),
        (b"TP2", b"TPE2"), (b"TP3", b"TPE3"), (b"TP4", b"TPE4"), (b"TPA", b"TPOS"),
        (b"TPB", b"TPUB"), (b"TRC", b"TSRC"), (b"TRD", b"TRDA"), (b"TRK", b"TRCK"),
        (b"TS2", b"TSO2"), (b"TSA", b"TSOA"), (b"TSC", b"TSOC"), (b"TSI", b"TSIZ"),
        (b"TSP", b"TSOP"), (b"TSS", b"TSSE"), (b"TST", b"TSOT"), (b"TT1", b"TIT1"),
        (b"TT2", b"TIT2"), (b"TT3", b"TIT3"), (b"TXT", b"TEXT"), (b"TXX", b"TXXX"),
        (b"TYE", b"TYER"), (b"UFI", b"UFID"), (b"ULT", b"USLT"), (b"WAF", b"WOAF"),
        (b"WAR", b"WOAR"), (b"WAS", b"WOAS"), (b"WCM", b"WCOM"), (b"WCP", b"WCOP"),
        (b"WPB", b"WPUB"), (b"WXX", b"WXXX"),
    ];
    let index = NAMES.binary_search_by_key(&&id, |&(old, _)| old).ok()?;
    Some(*NAMES[index].1)
}
