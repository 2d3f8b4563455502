//! Changes of the library that are noted in the journal before they are made.
//!
//! A note has to be on the disk before the library has the change, and that disk may be slow, or another
//! process be writing to the journal. So nothing is noted while the library is locked: the change is
//! rehearsed to see what it comes to, then noted, and then made if it comes to the same.

use catalog::{Edit, Library};

use crate::journal::{Cell, Draft, Journal, State};

/// How often others may change the same rows between rehearsal and change.
const ATTEMPTS: u32 = 8;

/// A change that is not made, and where it was noted before that was known.
#[derive(Debug)]
pub(crate) struct Unmade<E> {
    pub(crate) why: E,
    pub(crate) noted: Option<i64>,
}

/// Why a change that was noted is not made.
enum Stop<E> {
    /// It would come to something else than was noted.
    Outdated,
    Failed(E),
}

/// Makes a change in one transaction, unless it comes to nothing, and notes it before.
///
/// `draft` is what is noted of it but for what it comes to: a note, and the columns. An edit that undoes
/// another is noted even if it comes to nothing.
///
/// # Errors
///
/// What `change` gives, and if the library is locked or cannot be written to, or the journal cannot.
pub(crate) fn make<T, E: From<catalog::Error> + From<anyhow::Error>>(
    library: &Library,
    journal: &Journal,
    draft: &Draft<'_>,
    change: impl Fn(&Edit<'_>) -> Result<T, E>,
    comes_to: impl Fn(&T) -> (Option<String>, &[Cell]),
) -> Result<T, Unmade<E>> {
    let mut noted = None;
    for _ in 0..ATTEMPTS {
        let failed = |why| Unmade { why, noted };
        let planned = library.rehearse(&change).map_err(failed)?;
        let (note, cells) = comes_to(&planned);
        if cells.is_empty() && draft.undoes.is_none() && noted.is_none() {
            return Ok(planned);
        }
        let plan = Draft {
            note,
            cells,
            ..*draft
        };
        let id = match noted {
            None => journal.begin(&plan),
            Some(id) => journal.revise(id, &plan).map(|()| id),
        };
        let id = id.map_err(|why| failed(why.into()))?;
        noted = Some(id);
        let made = library.edit(|edit| {
            let made = change(edit).map_err(Stop::Failed)?;
            // Who found it here while it was not being made has taken it for one that never will be.
            let is_pending = journal.is_pending(id);
            if is_pending.map_err(|why| Stop::Failed(why.into()))? && comes_to(&made).1 == cells {
                Ok(made)
            } else {
                Err(Stop::Outdated)
            }
        });
        match made {
            Ok(made) => {
                settle(journal, id);
                return Ok(made);
            }
            Err(Stop::Failed(why)) => return Err(Unmade { why, noted }),
            Err(Stop::Outdated) => {}
        }
    }
    let path = library.path().to_owned();
    let why = catalog::Error::Busy { path }.into();
    Err(Unmade { why, noted })
}

fn settle(journal: &Journal, id: i64) {
    if let Err(error) = journal.settle(id, State::Done, None) {
        // It is done all the same; the next mount finds that out.
        let error = format!("{error:#}");
        tracing::warn!(id, error, "the journal cannot be written to");
    }
}

impl<E> From<E> for Unmade<E> {
    fn from(why: E) -> Self {
        Self { why, noted: None }
    }
}

impl<E: From<catalog::Error>> From<catalog::Error> for Stop<E> {
    fn from(error: catalog::Error) -> Self {
        Self::Failed(error.into())
    }
}
