//! Whether a crate's `schema.rs` says what the migrated database says.

use std::collections::BTreeMap;

use db::Conn;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    diesel_type: String,
}

/// Compares every table of a `schema.rs` (its text, from `include_str!`) with the database: the
/// same columns, the same types, the same ones nullable. Diesel finds a column by name, so their
/// order does not matter.
pub async fn assert_schema(conn: &mut Conn, schema: &str) {
    let tables = declared(schema);
    assert!(!tables.is_empty(), "no table is declared");
    for (table, declared) in tables {
        let rows: Vec<Column> = diesel::sql_query(
            "SELECT column_name::text, \
                    CASE is_nullable WHEN 'YES' THEN 'Nullable<' || udt_name || '>' ELSE udt_name END AS diesel_type \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1",
        )
        .bind::<Text, _>(&table)
        .load(conn)
        .await
        .unwrap();
        let stored: BTreeMap<_, _> =
            rows.into_iter().map(|column| (column.column_name, column.diesel_type)).collect();
        assert_eq!(declared, stored, "table {table}: declared (left) and stored (right) differ");
    }
}

/// The tables of a `schema.rs` with their columns, types translated to the server's names.
fn declared(schema: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut table = String::new();
    for line in schema.lines().map(str::trim) {
        if let Some((name, ty)) = line.split_once(" -> ") {
            let column = tables.entry(table.clone()).or_default();
            column.insert(name.to_owned(), server_type(ty.trim_end_matches(',')));
        } else if let Some((name, _key)) = line.strip_suffix(" {").and_then(|line| line.split_once(" (")) {
            name.clone_into(&mut table);
        }
    }
    tables
}

fn server_type(diesel: &str) -> String {
    let wrapped = |wrapper: &str| diesel.strip_prefix(wrapper)?.strip_prefix('<')?.strip_suffix('>');
    if let Some(inner) = wrapped("Nullable") {
        return format!("Nullable<{}>", server_type(inner));
    }
    if let Some(inner) = wrapped("Array") {
        // Whether elements may be null is not the server's to say.
        let inner =
            inner.strip_prefix("Nullable<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(inner);
        return format!("_{}", server_type(inner));
    }
    let name = match diesel {
        "Bool" => "bool",
        "SmallInt" => "int2",
        "Integer" => "int4",
        "BigInt" => "int8",
        "Double" => "float8",
        "Binary" => "bytea",
        // Text, Uuid, Date, Time, Timestamptz, Jsonb, Tstzrange: the server's name in capitals.
        other => return other.to_lowercase(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_types_are_read() {
        let text = "diesel::table! {\n    notes (id) {\n        id -> Uuid,\n        tags -> Array<Nullable<Text>>,\n        \
                    seen -> Nullable<BigInt>,\n    }\n}\n";
        let tables = declared(text);
        let columns: Vec<_> = tables["notes"].iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect();
        assert_eq!(columns, [("id", "uuid"), ("seen", "Nullable<int8>"), ("tags", "_text")]);
    }
}
