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
    assert_schema_without(conn, schema, &[]).await;
}

/// Like [`assert_schema`], for tables with columns (`table.column`) that no query of diesel's names
/// and that are therefore not declared.
pub async fn assert_schema_without(conn: &mut Conn, schema: &str, undeclared: &[&str]) {
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
        let columns: BTreeMap<String, String> =
            rows.into_iter().map(|column| (column.column_name, column.diesel_type)).collect();
        let (passed, stored): (BTreeMap<_, _>, BTreeMap<_, _>) = columns
            .into_iter()
            .partition(|(column, _)| undeclared.contains(&format!("{table}.{column}").as_str()));
        let expected = undeclared.iter().filter(|name| name.starts_with(&format!("{table}."))).count();
        assert_eq!(passed.len(), expected, "table {table}: an undeclared column does not exist");
        assert_eq!(declared, stored, "table {table}: declared (left) and stored (right) differ");
    }
}

/// The tables of a `schema.rs` with their columns, types translated to the server's names.
fn declared(schema: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut table, mut sql_name) = (String::new(), None);
    for line in schema.lines().map(str::trim).filter(|line| !line.starts_with("diesel::")) {
        let named = line.strip_prefix("#[sql_name = \"").and_then(|rest| rest.strip_suffix("\"]"));
        if named.is_some() {
            sql_name = named;
        } else if let Some((name, ty)) = line.split_once(" -> ") {
            let name = sql_name.take().unwrap_or(name);
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
        let text = "diesel::table! {\n    notes (id) {\n        id -> Uuid,\n        #[sql_name = \"type\"]\n        \
                    note_type -> Text,\n        tags -> Array<Nullable<Text>>,\n        \
                    seen -> Nullable<BigInt>,\n    }\n}\n";
        let tables = declared(text);
        let columns: Vec<_> = tables["notes"].iter().map(|(name, ty)| (name.as_str(), ty.as_str())).collect();
        assert_eq!(
            columns,
            [("id", "uuid"), ("seen", "Nullable<int8>"), ("tags", "_text"), ("type", "text")]
        );
    }
}
