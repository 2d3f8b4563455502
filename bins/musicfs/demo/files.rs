//! The files of the demo library, written by `make.py`.

/// Every file: its path below the library's folder, and its bytes.
#[rustfmt::skip]
pub(crate) const FILES: &[(&str, &[u8])] = &[
    (
        "config.yaml",
        include_bytes!("config.yaml"),
    ),
    (
        "library.db",
        include_bytes!("library.db"),
    ),
    (
        "music/downloads/SINGLE_1.mp3",
        include_bytes!("music/downloads/SINGLE_1.mp3"),
    ),
    (
        "music/downloads/VA_mix/01_sinewaves.flac",
        include_bytes!("music/downloads/VA_mix/01_sinewaves.flac"),
    ),
    (
        "music/downloads/VA_mix/02.mp3",
        include_bytes!("music/downloads/VA_mix/02.mp3"),
    ),
    (
        "music/downloads/VA_mix/03-feat.mp3",
        include_bytes!("music/downloads/VA_mix/03-feat.mp3"),
    ),
    (
        "music/downloads/unicode ensemble - complete/cd1-01.mp3",
        include_bytes!("music/downloads/unicode ensemble - complete/cd1-01.mp3"),
    ),
    (
        "music/downloads/unicode ensemble - complete/cd1-02.mp3",
        include_bytes!("music/downloads/unicode ensemble - complete/cd1-02.mp3"),
    ),
    (
        "music/downloads/unicode ensemble - complete/cd2-01.mp3",
        include_bytes!("music/downloads/unicode ensemble - complete/cd2-01.mp3"),
    ),
    (
        "music/downloads/unicode ensemble - complete/cd2-02.mp3",
        include_bytes!("music/downloads/unicode ensemble - complete/cd2-02.mp3"),
    ),
    (
        "music/rips/SQUARE_SAW/track01.flac",
        include_bytes!("music/rips/SQUARE_SAW/track01.flac"),
    ),
    (
        "music/rips/SQUARE_SAW/track02.flac",
        include_bytes!("music/rips/SQUARE_SAW/track02.flac"),
    ),
    (
        "music/rips/SQUARE_SAW/track03.flac",
        include_bytes!("music/rips/SQUARE_SAW/track03.flac"),
    ),
];
