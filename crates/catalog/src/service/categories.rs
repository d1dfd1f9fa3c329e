//! Categories, kept by admins.

use db::Conn;
use kernel::{CategoryId, FieldError, Fields, InvalidCode, Slug, TextRule};

use crate::service::expect_version;
use crate::{CatalogError, Category, store};

/// What an admin says of a category.
#[derive(Clone, Debug)]
pub struct CategoryDraft {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people, 1 to 80 characters.
    pub name: String,
    /// The category above it.
    pub parent_id: Option<CategoryId>,
    /// Its place among its siblings.
    pub sort_order: i32,
}

/// Makes a category.
pub async fn create_category(tx: &mut Conn, draft: &CategoryDraft) -> Result<Category, CatalogError> {
    let category = read(draft, CategoryId::new(), 1)?;
    store::categories::insert(tx, &category).await.map_err(CatalogError::of_writing("parent_id"))?;
    Ok(category)
}

/// Changes a category that has not changed since `expected_version`.
pub async fn change_category(
    tx: &mut Conn,
    id: CategoryId,
    expected_version: i32,
    draft: &CategoryDraft,
) -> Result<Category, CatalogError> {
    let current = store::categories::lock(tx, id).await?.ok_or(CatalogError::NotFound("category"))?;
    expect_version(expected_version, current.version)?;
    let category = read(draft, id, current.version + 1)?;
    // Two admins who each put one category below the other's could still make a ring; readers of
    // the tree must not rely on its having none.
    if is_below(category.parent_id, id, &store::categories::list(tx).await?) {
        let ring = FieldError::new(InvalidCode::NotAllowed, "a category cannot be below itself");
        return Err(ring.at("parent_id").into());
    }
    store::categories::update(tx, &category).await.map_err(CatalogError::of_writing("parent_id"))?;
    Ok(category)
}

/// Removes a category that nothing is filed under.
pub async fn remove_category(tx: &mut Conn, id: CategoryId) -> Result<(), CatalogError> {
    store::categories::lock(tx, id).await?.ok_or(CatalogError::NotFound("category"))?;
    Ok(store::categories::delete(tx, id).await?)
}

/// All categories, in their order.
pub async fn list_categories(conn: &mut Conn) -> Result<Vec<Category>, CatalogError> {
    Ok(store::categories::list(conn).await?)
}

/// The category with this slug.
pub async fn find_category(conn: &mut Conn, slug: &str) -> Result<Option<Category>, CatalogError> {
    Ok(store::categories::find_by_slug(conn, slug).await?)
}

fn read(draft: &CategoryDraft, id: CategoryId, version: i32) -> Result<Category, CatalogError> {
    let mut fields = Fields::default();
    let slug = fields.take("slug", Slug::parse(&draft.slug));
    let name = fields.take("name", TextRule::line(1, 80).read(&draft.name));
    fields.finish()?;
    Ok(Category {
        id,
        slug: slug.map(|slug| slug.as_str().to_owned()).unwrap_or_default(),
        name: name.unwrap_or_default(),
        parent_id: draft.parent_id,
        sort_order: draft.sort_order,
        version,
    })
}

/// Whether the way up from `start` leads through `top`.
fn is_below(start: Option<CategoryId>, top: CategoryId, all: &[Category]) -> bool {
    let mut next = start;
    for _ in 0..=all.len() {
        match next {
            None => return false,
            Some(id) if id == top => return true,
            Some(id) => {
                next = all.iter().find(|category| category.id == id).and_then(|found| found.parent_id);
            }
        }
    }
    false
}
