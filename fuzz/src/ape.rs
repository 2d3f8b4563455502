//! Parts: as in `render`. The origin is taken for what it starts with: Monkey's Audio, WavPack or
//! Musepack; and for old Musepack, which has no marker, if the flags have bit 3.

pub fn check(data: &[u8]) {
    let is_mpc = data.first().is_some_and(|flags| flags & 8 != 0);
    crate::render::check(data, if is_mpc { b"a.mpc" } else { b"a.ape" });
}
