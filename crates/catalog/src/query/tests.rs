//! Tests of queries, against what beets 2.14.1 answers.

mod binding;
mod sqlite;

use std::collections::BTreeMap;

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::{Formats, Type, Types};

/// A cell that owns its bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Cell {
    fn raw(&self) -> RawValue<'_> {
        match self {
            Self::Null => RawValue::Null,
            Self::Int(number) => RawValue::Int(*number),
            Self::Real(number) => RawValue::Real(*number),
            Self::Text(text) => RawValue::Text(text.as_bytes()),
            Self::Blob(bytes) => RawValue::Blob(bytes),
        }
    }
}

/// An item without an album.
#[derive(Debug, Default)]
pub(super) struct Row(pub(super) BTreeMap<String, Cell>);

impl Row {
    fn with(mut self, name: &str, cell: Cell) -> Self {
        self.0.insert(name.to_owned(), cell);
        self
    }
}

impl StoredRow for Row {
    fn stored(&self, column: &str) -> RawValue<'_> {
        self.0.get(column).map_or(RawValue::Null, Cell::raw)
    }
}

impl TypedRow for Row {
    fn typed(&self, name: &str) -> Option<Value> {
        let formats = Formats {
            zone: TimeZone::UTC,
            directory: b"/m".to_vec(),
            ..Formats::default()
        };
        let own = self.0.get(name).or_else(|| {
            self.0
                .iter()
                .find(|(key, _)| key.to_lowercase() == name)
                .map(|(_, cell)| cell)
        });
        let ty = types().of(Entity::Item, name);
        match own {
            Some(cell) => Some(formats.decode(ty, cell.raw())),
            None => Entity::Item
                .has(name)
                .then(|| formats.decode(ty, RawValue::Null)),
        }
    }

    fn has(&self, name: &str) -> bool {
        Entity::Item.has(name) || self.0.contains_key(name)
    }
}

fn types() -> Types {
    let mut types = Types::default();
    types.declare("stars", Type::Int);
    types
}

pub(super) fn parse(text: &str) -> Result<Query, QueryError> {
    let context = ParseContext {
        entity: Entity::Item,
        types: &types(),
        directory: b"/m",
        working_directory: b"/w",
        home: Some(b"/h"),
        now: date(2024, 3, 10).at(12, 0, 0, 0),
        zone: TimeZone::UTC,
        plugins: &PluginQueries {
            fuzzy: Some(("~".to_owned(), 0.7)),
            bareasc: Some("#".to_owned()),
            to_ascii: Some(ToAscii::new(to_ascii)),
            playlist: true,
        },
        exists: &|path| path == b"/w/there" || path == b"/h/x",
    };
    Query::parse(text, &context)
}

/// Puts a few letters into ASCII, as Unidecode does.
fn to_ascii(text: &str) -> String {
    let ascii = |letter| match letter {
        'é' => "e",
        'É' => "E",
        'Ǆ' | 'ǆ' => "DZ",
        '北' => "Bei ",
        _ => "",
    };
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii() {
            out.push(letter);
        } else {
            out.push_str(ascii(letter));
        }
    }
    out
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn row() -> Row {
    Row::default()
        .with("title", text("Été 100%"))
        .with("artist", text("AC/DC"))
        .with("genres", text("Rock\\\u{2400}Hip Hop"))
        .with("year", Cell::Int(2003))
        .with("length", Cell::Real(215.5))
        .with("added", Cell::Real(1_268_579_349.0))
        .with("path", Cell::Blob(b"Foo/a.mp3".to_vec()))
        .with("comp", Cell::Int(1))
        .with("album_id", Cell::Int(7))
        .with("Mood", text("Happy"))
        .with("stars", text("4"))
}

/// Checks both engines; the first answer is what `beet ls` gives.
#[track_caller]
fn check(query: &str, selects: bool, matches: bool) {
    let parsed = parse(query).unwrap();
    assert_eq!(parsed.selects(&row()), Ok(selects), "{query:?} selects");
    assert_eq!(parsed.matches(&row()), Ok(matches), "{query:?} matches");
}

#[track_caller]
fn check_error(query: &str, expected: &str) {
    let error = parse(query).unwrap_err().to_string();
    assert!(error.contains(expected), "{query:?}: {error}");
}

#[test]
fn terms_of_a_group_are_all_needed_and_groups_are_alternatives() {
    check("", true, true);
    check("year:2003 artist:ac", true, true);
    check("year:2003 artist:xx", false, false);
    check("artist:xx, year:2003", true, true);
    check("artist:xx , year:2004", false, false);
    check("artist:xx,", true, true);
    check(",", true, true);
    check("-year:2004 ^artist:xx", true, true);
    check("'' ''", true, true);
}

#[test]
fn terms_without_a_key_are_looked_for_in_several_fields() {
    check("dc", true, true);
    check("hip", true, true);
    check(":^Hip", false, true);
    check("2003", false, false);
}

#[test]
fn sorts_are_no_terms() {
    check("C++", true, true);
    check("year- +", false, false);
    check("-", false, false);
    check_error("year:+", "\"+\" is not a number");
}

#[test]
fn case_folds_by_ascii_in_the_database_and_by_unicode_elsewhere() {
    check("title:TÉ", false, true);
    check("title:té", true, true);
    check("title:=~'été 100%'", false, true);
    check("title:='Été 100%'", true, true);
    check("title:0%", true, true);
    check("title:_", false, false);
}

#[test]
fn the_keys_case_decides_the_kind_of_a_term() {
    check("year:2000..2010", true, true);
    check("Year:2000..2010", false, false);
    check("YEAR:200", true, true);
    check("mood:HAPPY", true, true);
    check("mood:=happy", false, false);
    check("genre:rock", true, true);
}

#[test]
fn equality_converts_in_the_database_only() {
    check("year:=2003", true, false);
    check("year:=' 2003.0 '", true, false);
    check("year:=0x7d3", false, false);
    check("genres:=Rock", false, true);
    check("length:=215.5", true, false);
}

#[test]
fn null_makes_a_term_and_its_negation_false_in_the_database_only() {
    check("bpm:120", false, false);
    check("-bpm:120", false, true);
    check("bpm:0", false, true);
    check("comments:", false, true);
    check("-comments:x", false, true);
    check("comments::None", true, false);
    check("rg_track_gain:..0", false, false);
}

#[test]
fn numbers_have_ranges_and_durations_minutes() {
    check("year:..2003", true, true);
    check("year:2004..", false, false);
    check("year:..", true, true);
    check("year:2003.0", true, true);
    check("length:3:35..3:36", true, true);
    check("length:3:36", false, false);
    check("stars:4..5", true, true);
    check("rating:3..", false, false);
    check("year:nan", false, false);
    check("year:inf", false, false);
    check_error(
        "year:abc",
        "\"abc\" is not a number (such as 1999, or 1990..1999), in \"year:abc\" at byte 0",
    );
    check_error(
        "x  year:2000..x",
        "\"x\" is not a number (such as 1999, or 1990..1999), in \"year:2000..x\" at byte 3",
    );
    check_error("length:3:99", "not a duration");
}

#[test]
fn dates_are_ranges_at_their_precision() {
    check("added:2010", true, true);
    check("added:2010-03-14", true, true);
    check("added:2010-03-14T15:09", true, true);
    check("'added:2010-03-14 15:09:09'", true, true);
    check("added:2010-03-14T15:10", false, false);
    check("added:2011..2010", true, true);
    check("added:2011..", false, false);
    check("added:..2010-3-14", true, true);
    check("added:-20y..", true, true);
    check("added:-2d..", false, false);
    check("added:", true, true);
    check_error("added:2010-02-30", "not a valid date");
    check_error("added:9999", "after the year 9999");
    check_error("added:-99999999999999999999d", "not a valid date");
    check_error("added:2010-03-14T15:09:60", "not a valid date");
}

#[track_caller]
fn check_picture(query: &str, line: &str, carets: &str) {
    let picture = parse(query).unwrap_err().render();
    let lines: Vec<&str> = picture.lines().skip(1).collect();
    assert_eq!(lines, [format!("  {line}"), format!("  {carets}")]);
}

#[test]
fn errors_point_at_their_part() {
    check_picture("year:199x", "year:199x", "^^^^^^^^^");
    check_picture("été ^year:x.., b", "été ^year:x.., b", "    ^^^^^^^^^^");
    check_picture("a 'year:x y' b", "a 'year:x y' b", "  ^^^^^^^^^^");
    check_picture("a\nb\tyear:x\nc", "b year:x", "  ^^^^^^");
    check_picture("title::[", "title::[", "^^^^^^^^");
    check_picture("a \"b", "a \"b", "  ^");
    check_picture("a\\", "a\\", " ^");
    check_picture("added:foo..", "added:foo..", "^^^^^^^^^^^");
}

#[test]
fn truth_is_read_as_beets_does() {
    check("comp:YES", true, true);
    check("comp:0", false, false);
    check("comp:2", false, false);
    check("singleton:true", false, false);
    check("singleton:no", true, true);
    check("-singleton:1", true, true);
}

#[test]
fn paths_are_compared_in_stored_form() {
    check("path:Foo", true, true);
    check("path:/m/Foo/", true, true);
    check("path:/m/x/../Foo/a.mp3", true, true);
    check("path:Fo", false, false);
    check("path:/m", false, false);
    check("path::^Foo", true, false);
    check("path::^/m/Foo", false, true);
    check("path:=Foo/a.mp3", false, false);
    check("there/x", false, false);
    check("there", false, false);
    check("./there", false, false);
    check("~/x", false, false);
    let query = parse("./there:x").unwrap();
    assert_eq!(query.fields().into_iter().collect::<Vec<_>>(), ["path"]);
    let elsewhere = Row::default().with("path", Cell::Blob(b"/m/Foo/a.mp3".to_vec()));
    let query = parse("path:Foo").unwrap();
    assert_eq!(
        (query.selects(&elsewhere), query.matches(&elsewhere)),
        (Ok(false), Ok(true))
    );
    let as_text = Row::default().with("path", text("Foo/a.mp3"));
    assert_eq!(query.selects(&as_text), Ok(false));
}

#[test]
fn regular_expressions_search_what_python_prints() {
    check("year::^20", true, true);
    check("length::^215\\\\.5$", true, true);
    check("genres::^Hip", false, true);
    check("title::E\u{301}t", true, true);
    check_error("title::(", "unterminated subpattern");
    let odd = Row::default()
        .with("path", Cell::Blob(b"\xff".to_vec()))
        .with("year", Cell::Int(2));
    let error = parse("path::x").unwrap().selects(&odd).unwrap_err();
    assert!(matches!(error, QueryError::NotUtf8 { .. }), "{error}");
    assert_eq!(parse("year:1 path::x").unwrap().selects(&odd), Ok(false));
}

#[test]
fn the_fuzzy_plugin_measures_likeness() {
    check("artist:~ac-dc", true, true);
    check("artist:~AC-DC", true, true);
    check("artist:~Ac-Dc", false, false);
    check("title:~ete", false, false);
    check("title:~'été 10%'", true, true);
    check("~hop", true, true);
    assert!(!parse("artist:~ac").unwrap().is_stored());
    check_error("playlist:x", "plugin playlist are not supported");
}

#[test]
fn the_bareasc_plugin_searches_in_ascii() {
    check("title:#ete", true, true);
    check("title:#été", true, true);
    check("title:#ETE", true, false);
    check("title:#Ete", true, true);
    check("title:#_t_", true, false);
    check("title:#e%0", true, false);
    check("title:#0\\\\%", true, false);
    check("title:#0\\\\", true, false);
    check("title:#", true, true);
    check("-title:#x", true, true);
    check("genres:#'rock\\\\hip'", true, false);
    check("genres:#^rock", false, false);
    check("mood:#HA", false, false);
    check("mood:#ha artist:#c/", true, true);
    assert!(parse("#x").unwrap().is_stored());
    // Case is folded before the text is put into ASCII, which may bring capitals back.
    let other = Row::default().with("title", text("北ǆ"));
    let matches = |query| parse(query).unwrap().matches(&other).unwrap();
    assert!(matches("title:#北") && matches("title:#Bei") && !matches("title:#bei"));
    assert!(matches("title:#ǆ") && matches("title:#Ǆ"));
}

#[test]
fn the_bareasc_plugin_gives_up_in_the_database_on_what_is_no_text() {
    for query in ["year:#2", "comments:#x", "path:#Foo", "-comments:#x", "#x"] {
        let error = parse(query).unwrap().selects(&row()).unwrap_err();
        assert!(
            matches!(error, QueryError::NotText { .. }),
            "{query}: {error}"
        );
    }
    check("#ac", true, true);
    check("year:#2 mood:happy", true, true);
    check("comments:# mood:happy", true, true);
    check("path:#/m/Foo mood:happy", true, true);
    check("bpm:120 year:#2", false, false);
}

#[test]
fn what_cannot_change_the_answer_is_not_looked_at() {
    let odd = Row::default().with("path", Cell::Blob(b"\xff".to_vec()));
    assert_eq!(parse("path::x,").unwrap().selects(&odd), Ok(true));
    assert!(parse("path::x , year:1").unwrap().selects(&odd).is_err());
}

#[test]
fn one_term_about_no_column_takes_the_query_to_the_other_engine() {
    assert!(
        parse("year:2003 artpath:x singleton:1")
            .unwrap()
            .is_stored()
    );
    assert!(!parse("year:2003 mood:x").unwrap().is_stored());
    assert!(!parse("singleton::true").unwrap().is_stored());
    check("year:=2003 mood:happy", false, false);
}

#[test]
fn keys_end_at_the_first_plain_colon() {
    check("ti\\:tle:x", false, false);
    check("'title\\:Été'", false, false);
    check("'title:  Été'", false, false);
    check("' title:100 '", true, true);
    check("::a:b", false, false);
    check("'no key:x'", false, false);
    check("'artist:AC\nignored'", true, true);
}

#[test]
fn what_cannot_be_split_is_refused_with_its_place() {
    check_error("title:x 'open", "this quotation is never closed at byte 8");
    check_error("title:x\\", "nothing follows this backslash at byte 7");
}

proptest::proptest! {
    #[test]
    fn no_query_panics(text in r"(-?(year|added|length|title|path|mood|comp|singleton)?:{0,2}=?~?[\PC ,.:~T0-9+'\\-]{0,12} ?){0,3}") {
        if let Ok(query) = parse(&text) {
            let _ = query.selects(&row());
            let _ = query.matches(&row());
        }
    }
}
