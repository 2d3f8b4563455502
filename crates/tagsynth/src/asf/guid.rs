//! Identifiers of ASF objects.
//!
//! ```text
//! +0  4  little-endian: the first eight digits of the usual spelling
//! +4  2  little-endian: the next four
//! +6  2  little-endian: the next four
//! +8  8  big-endian: the rest
//! ```
//!
//! ASF §10. "ASF" stands for the *Advanced Systems Format Specification*, revision 01.20.03.

use std::fmt;

/// An identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guid {
    first: u32,
    second: u16,
    third: u16,
    last: u64,
}

/// Top-level objects (ASF §10.1).
pub(crate) const HEADER: Guid = guid(0x75B2_2630, 0x668E, 0x11CF, 0xA6D9_00AA_0062_CE6C);
/// Objects of the header (ASF §10.2).
pub(crate) const FILE_PROPERTIES: Guid = guid(0x8CAB_DCA1, 0xA947, 0x11CF, 0x8EE4_00C0_0C20_5365);
pub(crate) const HEADER_EXTENSION: Guid = guid(0x5FBF_03B5, 0xA92E, 0x11CF, 0x8EE3_00C0_0C20_5365);
pub(crate) const CONTENT_DESCRIPTION: Guid =
    guid(0x75B2_2633, 0x668E, 0x11CF, 0xA6D9_00AA_0062_CE6C);
pub(crate) const EXTENDED_CONTENT_DESCRIPTION: Guid =
    guid(0xD2D0_A440, 0xE307, 0x11D2, 0x97F0_00A0_C95E_A850);
pub(crate) const PADDING: Guid = guid(0x1806_D474, 0xCADF, 0x4509, 0xA4BA_9AAB_CB96_AAE8);
/// Objects of the header extension (ASF §10.3).
pub(crate) const METADATA: Guid = guid(0xC5F8_CBEA, 0x5BAF, 0x4877, 0x8467_AA8C_44FA_4CCA);
pub(crate) const METADATA_LIBRARY: Guid = guid(0x4423_1C94, 0x9498, 0x49D1, 0xA141_1D13_4E45_7054);
/// What stands in every header extension (ASF §3.4 and §10, ASF_Reserved_1).
pub(crate) const RESERVED_1: Guid = guid(0xABD3_D211, 0xA9BA, 0x11CF, 0x8EE6_00C0_0C20_5365);

/// The objects of ASF §10.2 and §10.3, without "ASF" and "Object" in their names.
#[rustfmt::skip]
const NAMES: [(Guid, &str); 29] = [
    (FILE_PROPERTIES, "File_Properties"),
    (guid(0xB7DC_0791, 0xA9B7, 0x11CF, 0x8EE6_00C0_0C20_5365), "Stream_Properties"),
    (HEADER_EXTENSION, "Header_Extension"),
    (guid(0x86D1_5240, 0x311D, 0x11D0, 0xA3A4_00A0_C903_48F6), "Codec_List"),
    (guid(0x1EFB_1A30, 0x0B62, 0x11D0, 0xA39B_00A0_C903_48F6), "Script_Command"),
    (guid(0xF487_CD01, 0xA951, 0x11CF, 0x8EE6_00C0_0C20_5365), "Marker"),
    (guid(0xD6E2_29DC, 0x35DA, 0x11D1, 0x9034_00A0_C903_49BE), "Bitrate_Mutual_Exclusion"),
    (guid(0x75B2_2635, 0x668E, 0x11CF, 0xA6D9_00AA_0062_CE6C), "Error_Correction"),
    (CONTENT_DESCRIPTION, "Content_Description"),
    (EXTENDED_CONTENT_DESCRIPTION, "Extended_Content_Description"),
    (guid(0x7BF8_75CE, 0x468D, 0x11D1, 0x8D82_0060_97C9_A2B2), "Stream_Bitrate_Properties"),
    (guid(0x2211_B3FA, 0xBD23, 0x11D2, 0xB4B7_00A0_C955_FC6E), "Content_Branding"),
    (guid(0x2211_B3FB, 0xBD23, 0x11D2, 0xB4B7_00A0_C955_FC6E), "Content_Encryption"),
    (guid(0x298A_E614, 0x2622, 0x4C17, 0xB935_DAE0_7EE9_289C), "Extended_Content_Encryption"),
    (guid(0x2211_B3FC, 0xBD23, 0x11D2, 0xB4B7_00A0_C955_FC6E), "Digital_Signature"),
    (PADDING, "Padding"),
    (guid(0x14E6_A5CB, 0xC672, 0x4332, 0x8399_A969_5206_5B5A), "Extended_Stream_Properties"),
    (guid(0xA086_49CF, 0x4775, 0x4670, 0x8A16_6E35_3575_66CD), "Advanced_Mutual_Exclusion"),
    (guid(0xD146_5A40, 0x5A79, 0x4338, 0xB71B_E36B_8FD6_C249), "Group_Mutual_Exclusion"),
    (guid(0xD4FE_D15B, 0x88D3, 0x454F, 0x81F0_ED5C_4599_9E24), "Stream_Prioritization"),
    (guid(0xA696_09E6, 0x517B, 0x11D2, 0xB6AF_00C0_4FD9_08E9), "Bandwidth_Sharing"),
    (guid(0x7C43_46A9, 0xEFE0, 0x4BFC, 0xB229_393E_DE41_5C85), "Language_List"),
    (METADATA, "Metadata"),
    (METADATA_LIBRARY, "Metadata_Library"),
    (guid(0xD6E2_29DF, 0x35DA, 0x11D1, 0x9034_00A0_C903_49BE), "Index_Parameters"),
    (guid(0x6B20_3BAD, 0x3F11, 0x48E4, 0xACA8_D761_3DE2_CFA7), "Media_Object_Index_Parameters"),
    (guid(0xF55E_496D, 0x9797, 0x4B5D, 0x8C8B_604D_FE9B_FB24), "Timecode_Index_Parameters"),
    (guid(0x26F1_8B5D, 0x4584, 0x47EC, 0x9F5F_0E65_1F04_52C9), "Compatibility"),
    (guid(0x4305_8533, 0x6981, 0x49E6, 0x9B74_AD12_CB86_D58C), "Advanced_Content_Encryption"),
];

/// Makes an identifier of its usual spelling, of which `last` are two groups.
const fn guid(first: u32, second: u16, third: u16, last: u64) -> Guid {
    Guid {
        first,
        second,
        third,
        last,
    }
}

impl Guid {
    /// Reads an identifier.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        let [f0, f1, f2, f3, s0, s1, t0, t1, last @ ..] = bytes;
        Self {
            first: u32::from_le_bytes([f0, f1, f2, f3]),
            second: u16::from_le_bytes([s0, s1]),
            third: u16::from_le_bytes([t0, t1]),
            last: u64::from_be_bytes(last),
        }
    }

    /// Returns the identifier as stored.
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        let [f0, f1, f2, f3] = self.first.to_le_bytes();
        let ([s0, s1], [t0, t1]) = (self.second.to_le_bytes(), self.third.to_le_bytes());
        let [l0, l1, l2, l3, l4, l5, l6, l7] = self.last.to_be_bytes();
        [
            f0, f1, f2, f3, s0, s1, t0, t1, l0, l1, l2, l3, l4, l5, l6, l7,
        ]
    }

    /// Returns the name of the object in the standard, if it is one of a header.
    pub(crate) fn name(self) -> Option<&'static str> {
        let named = NAMES.iter().find(|(guid, _)| *guid == self);
        named.map(|(_, name)| *name)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fourth, node) = (self.last >> 48, self.last & 0xffff_ffff_ffff);
        let (first, second, third) = (self.first, self.second, self.third);
        write!(
            f,
            "{first:08X}-{second:04X}-{third:04X}-{fourth:04X}-{node:012X}"
        )
    }
}
