//! Rows of cells, eight bytes each, over one arena of bytes.

use super::Slot;
use crate::RawValue;
use crate::schema::Type;

/// The low bits of a cell say what the others are.
const TAG_BITS: u32 = 3;
const ABSENT: u64 = 0;
const NULL: u64 = 1;
/// An integer of 61 bits, in the cell itself.
const SMALL: u64 = 2;
/// The rest lies in the arena, at the offset that the other bits say.
const INT: u64 = 3;
const REAL: u64 = 4;
const TEXT: u64 = 5;
const BLOB: u64 = 6;

/// A value of any storage class, or none at all; its bytes may lie in an [`Arena`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell(u64);

impl Cell {
    /// What a row without such an attribute has.
    pub(crate) const ABSENT: Self = Self(ABSENT);
    pub(crate) const NULL: Self = Self(NULL);
}

/// The bytes of many cells, end to end.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    bytes: Vec<u8>,
}

impl Arena {
    /// Keeps a value.
    pub(crate) fn store(&mut self, raw: RawValue<'_>) -> Cell {
        match raw {
            RawValue::Null => Cell::NULL,
            RawValue::Int(int) => match small(int) {
                Some(cell) => cell,
                None => self.append(INT, &int.to_le_bytes()),
            },
            RawValue::Real(real) => self.append(REAL, &real.to_bits().to_le_bytes()),
            RawValue::Text(text) => self.append_sized(TEXT, text),
            RawValue::Blob(blob) => self.append_sized(BLOB, blob),
        }
    }

    /// Returns a value that this arena keeps; `None` for an absent one.
    pub(crate) fn load(&self, cell: Cell) -> Option<RawValue<'_>> {
        let at = usize::try_from(cell.0 >> TAG_BITS).ok()?;
        Some(match cell.0 & ((1 << TAG_BITS) - 1) {
            NULL => RawValue::Null,
            #[expect(clippy::cast_possible_wrap, reason = "undoes the cast of `small`")]
            SMALL => RawValue::Int(cell.0 as i64 >> TAG_BITS),
            INT => RawValue::Int(i64::from_le_bytes(self.eight(at)?)),
            REAL => RawValue::Real(f64::from_bits(u64::from_le_bytes(self.eight(at)?))),
            TEXT => RawValue::Text(self.sized(at)?),
            BLOB => RawValue::Blob(self.sized(at)?),
            _ => return None,
        })
    }

    fn append(&mut self, tag: u64, bytes: &[u8]) -> Cell {
        let at = self.bytes.len() as u64;
        self.bytes.extend_from_slice(bytes);
        Cell(at << TAG_BITS | tag)
    }

    /// Appends the length, seven bits a byte, the lowest first, and then the bytes.
    fn append_sized(&mut self, tag: u64, bytes: &[u8]) -> Cell {
        let mut len = bytes.len();
        let cell = self.append(tag, &[]);
        while len >= 0x80 {
            self.bytes.push(low_bits(len) | 0x80);
            len >>= 7;
        }
        self.bytes.push(low_bits(len));
        self.bytes.extend_from_slice(bytes);
        cell
    }

    fn eight(&self, at: usize) -> Option<[u8; 8]> {
        self.bytes.get(at..)?.first_chunk().copied()
    }

    fn sized(&self, at: usize) -> Option<&[u8]> {
        let (mut len, mut shift) = (0, 0);
        let mut rest = self.bytes.get(at..)?;
        loop {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            len |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return rest.get(..len);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "seven bits fit")]
fn low_bits(len: usize) -> u8 {
    (len & 0x7f) as u8
}

#[expect(
    clippy::cast_sign_loss,
    reason = "keeps the bits, which `load` shifts back"
)]
fn small(int: i64) -> Option<Cell> {
    let shifted = int << TAG_BITS;
    (shifted >> TAG_BITS == int).then_some(Cell(shifted as u64 | SMALL))
}

/// The rows of one kind, sorted by number.
#[derive(Debug)]
pub(super) struct Table {
    ids: Vec<i64>,
    types: Vec<Type>,
    cells: Vec<Cell>,
    arena: Arena,
}

impl Table {
    pub(super) fn new(types: Vec<Type>) -> Self {
        Self {
            ids: Vec::new(),
            types,
            cells: Vec::new(),
            arena: Arena::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn id(&self, index: usize) -> i64 {
        self.ids[index]
    }

    pub(super) fn type_of(&self, slot: Slot) -> Type {
        self.types.get(slot.0).copied().unwrap_or(Type::Untyped)
    }

    pub(super) fn index_of(&self, id: i64) -> Option<usize> {
        // Numbers ascend, so that an id lies at most so far behind the first as it is greater; it
        // lies just there if none between them was ever deleted.
        let first = *self.ids.first()?;
        let distance = usize::try_from(id.abs_diff(first)).unwrap_or(usize::MAX);
        if self.ids.get(distance) == Some(&id) {
            return Some(distance);
        }
        let before = self.ids.get(..distance).unwrap_or(&self.ids);
        before.binary_search(&id).ok()
    }

    pub(super) fn raw(&self, index: usize, slot: Slot) -> Option<RawValue<'_>> {
        let in_row = slot.0 < self.types.len();
        let cell = self
            .cells
            .get(index * self.types.len() + slot.0)
            .filter(|_| in_row)?;
        self.arena.load(*cell)
    }

    /// Adds a row without any cells; ids must ascend.
    pub(super) fn push_row(&mut self, id: i64) {
        self.ids.push(id);
        self.cells
            .resize(self.ids.len() * self.types.len(), Cell::ABSENT);
    }

    /// Sets a cell of the last row.
    pub(super) fn set_last(&mut self, slot: usize, raw: RawValue<'_>) {
        let row = self.ids.len() - 1;
        let cell = match row
            .checked_sub(1)
            .map(|before| self.raw(before, Slot(slot)))
        {
            // Tracks of one album come one after the other and have much in common.
            Some(Some(above)) if above == raw => self.cells[(row - 1) * self.types.len() + slot],
            _ => self.arena.store(raw),
        };
        self.cells[row * self.types.len() + slot] = cell;
    }

    /// Sets a cell of any row.
    pub(super) fn set(&mut self, index: usize, slot: usize, raw: RawValue<'_>) {
        let cell = self.arena.store(raw);
        self.cells[index * self.types.len() + slot] = cell;
    }

    /// Gives back what growing has left over.
    pub(super) fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.cells.shrink_to_fit();
        self.arena.bytes.shrink_to_fit();
    }

    pub(super) fn heap_size(&self) -> usize {
        self.ids.capacity() * size_of::<i64>()
            + self.cells.capacity() * size_of::<Cell>()
            + self.arena.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_row_is_found_by_its_number_whatever_is_missing_between() {
        let ids = [i64::MIN, -7, -6, 0, 1, 2, 3, 9, 10, i64::MAX];
        for first in 0..ids.len() {
            let mut table = Table::new(Vec::new());
            ids[first..].iter().for_each(|&id| table.push_row(id));
            for (at, id) in ids.iter().enumerate() {
                assert_eq!(table.index_of(*id), at.checked_sub(first), "{id}");
            }
            assert_eq!(table.index_of(5), None);
        }
    }
}
