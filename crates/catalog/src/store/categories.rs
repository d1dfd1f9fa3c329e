//! Categories.

use db::Conn;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use kernel::CategoryId;

use crate::Category;
use crate::schema::categories;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = categories, treat_none_as_null = true)]
pub(crate) struct CategoryRow {
    id: CategoryId,
    slug: String,
    name: String,
    parent_id: Option<CategoryId>,
    sort_order: i32,
    version: i32,
}

impl From<CategoryRow> for Category {
    fn from(row: CategoryRow) -> Self {
        let CategoryRow { id, slug, name, parent_id, sort_order, version } = row;
        Self { id, slug, name, parent_id, sort_order, version }
    }
}

impl From<&Category> for CategoryRow {
    fn from(category: &Category) -> Self {
        let Category { id, slug, name, parent_id, sort_order, version } = category.clone();
        Self { id, slug, name, parent_id, sort_order, version }
    }
}

pub(crate) async fn insert(tx: &mut Conn, category: &Category) -> QueryResult<()> {
    diesel::insert_into(categories::table).values(CategoryRow::from(category)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn lock(tx: &mut Conn, id: CategoryId) -> QueryResult<Option<Category>> {
    let row = categories::table
        .find(id)
        .select(CategoryRow::as_select())
        .for_update()
        .first(tx)
        .await
        .optional()?;
    Ok(row.map(Category::from))
}

pub(crate) async fn find_by_slug(conn: &mut Conn, slug: &str) -> QueryResult<Option<Category>> {
    let by_slug = categories::table.filter(categories::slug.eq(slug));
    Ok(by_slug.select(CategoryRow::as_select()).first(conn).await.optional()?.map(Category::from))
}

pub(crate) async fn update(tx: &mut Conn, category: &Category) -> QueryResult<()> {
    diesel::update(categories::table.find(category.id)).set(CategoryRow::from(category)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn delete(tx: &mut Conn, id: CategoryId) -> QueryResult<()> {
    diesel::delete(categories::table.find(id)).execute(tx).await?;
    Ok(())
}

pub(crate) async fn list(conn: &mut Conn) -> QueryResult<Vec<Category>> {
    let rows: Vec<CategoryRow> = categories::table
        .order((categories::sort_order, categories::name, categories::id))
        .select(CategoryRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Category::from).collect())
}
