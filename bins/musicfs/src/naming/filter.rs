//! Which items a view shows.

use anyhow::{Context, Result, anyhow};
use catalog::{Binding, ItemRow, PluginQueries, Query, Selection};
use pathfmt::Failure;

use super::fields::Collector;
use super::model::{Models, Row, TypedModel};
use super::rules::parse_query;
use crate::source::Source;
use crate::views::Wording;

/// The items that match a query. As in beets, the database decides if it can.
pub(super) struct Filter {
    query: Query,
    /// What the user calls the query.
    place: String,
    stored: Option<Binding>,
}

impl Filter {
    /// Parses a query, and wants the fields that it is about.
    pub(super) fn new(
        source: &Source,
        wording: &Wording,
        queries: &PluginQueries,
        fields: &mut Collector<'_>,
    ) -> Result<Self> {
        let place = wording.place.clone();
        let query = parse_query(source, &wording.text, queries).with_context(|| place.clone())?;
        query
            .fields()
            .into_iter()
            .try_for_each(|name| fields.want(name))?;
        let stored = None;
        Ok(Self {
            query,
            place,
            stored,
        })
    }

    /// Has the database's comparison done, if the query is of its kind.
    pub(super) fn bind(&mut self, source: &Source, selection: &mut Selection) -> Result<()> {
        if self.query.is_stored() {
            self.stored = Some(Binding::new([&self.query], selection, &source.library)?);
        }
        Ok(())
    }

    pub(super) fn query(&self) -> &Query {
        &self.query
    }

    pub(super) fn selects(&self, models: &Models<'_>, item: ItemRow<'_>) -> Result<bool> {
        if let Some(binding) = &self.stored {
            return Ok(self.query.matches_stored(&binding.row(item, &|_| None))?);
        }
        let row = TypedModel::new(models, Row::Item(item));
        let selected = row.check(self.query.matches(&row));
        selected.map_err(|failure| {
            let (Failure::Message(reason) | Failure::Refused(reason)) = failure;
            anyhow!("{}: item {}: {reason}", self.place, item.id().0)
        })
    }
}
