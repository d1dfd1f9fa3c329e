//! Categories: everybody reads them, admins keep them.

use catalog::{Category, CategoryDraft};
use db::Conn;
use kernel::CategoryId;
use paperclip::actix::web::{self, ServiceConfig};
use paperclip::actix::{Apiv2Schema, api_v2_operation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::callers::require_admin;
use crate::extract::{Body, Id, Idempotency, IfMatch, Principal};
use crate::wire::{PageView, Patch};
use crate::{AppState, Created, NoContent, Ok200, Problem};

/// A category.
#[derive(Debug, Serialize, Apiv2Schema)]
struct CategoryView {
    /// Its id.
    id: Uuid,
    /// Counts its changes; `If-Match: "v<version>"`.
    version: i32,
    /// Its name in addresses.
    slug: String,
    /// Its name for people.
    name: String,
    /// The category above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<Uuid>,
    /// Its place among its siblings.
    sort_order: i32,
}

/// A new category.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct CreateCategoryBody {
    /// Its name in addresses: 3 to 60 lowercase letters, digits and single hyphens.
    slug: String,
    /// Its name for people, 1 to 80 characters.
    name: String,
    /// The category above it.
    parent_id: Option<Uuid>,
    /// Its place among its siblings, 0 unless given.
    sort_order: Option<i32>,
}

/// What to change of a category; what is left out stays.
#[derive(Debug, Deserialize, Apiv2Schema)]
#[serde(deny_unknown_fields)]
struct ChangeCategoryBody {
    /// Its name in addresses: 3 to 60 lowercase letters, digits and single hyphens.
    slug: Option<String>,
    /// Its name for people, 1 to 80 characters.
    name: Option<String>,
    /// The category above it; `null` for none (nullable).
    #[serde(default)]
    parent_id: Patch<Uuid>,
    /// Its place among its siblings.
    sort_order: Option<i32>,
}

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/categories").route(web::get().to(list)))
        .service(web::resource("/api/v1/admin/categories").route(web::post().to(create)))
        .service(
            web::resource("/api/v1/admin/categories/{id}")
                .route(web::patch().to(change))
                .route(web::delete().to(remove)),
        );
}

/// All categories, in their order
#[api_v2_operation(operation_id = "list_categories")]
async fn list(state: AppState) -> Result<Ok200<PageView<CategoryView>>, Problem> {
    let categories = catalog::list_categories(&mut *state.conn().await?).await?;
    let items = categories.into_iter().map(CategoryView::from).collect();
    Ok(Ok200::new(PageView { items, next_cursor: None }))
}

/// Makes a category
///
/// Problems: `category_slug_taken`.
#[api_v2_operation(operation_id = "create_category")]
async fn create(
    state: AppState,
    principal: Principal,
    idempotency: Idempotency,
    body: Body<CreateCategoryBody>,
) -> Result<Created<CategoryView>, Problem> {
    let CreateCategoryBody { slug, name, parent_id, sort_order } = body.data;
    let parent_id = parent_id.map(CategoryId);
    let draft = CategoryDraft { slug, name, parent_id, sort_order: sort_order.unwrap_or_default() };
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let category = catalog::create_category(tx, &draft).await?;
        let version = category.version;
        Ok(Created::new(CategoryView::from(category)).etag(version).location("/api/v1/categories"))
    };
    idempotency.run(&state, principal, &body.raw, work).await
}

/// Changes a category
///
/// Problems: `category_slug_taken`.
#[api_v2_operation(operation_id = "change_category")]
async fn change(
    state: AppState,
    principal: Principal,
    id: Id<CategoryId>,
    if_match: IfMatch,
    body: Body<ChangeCategoryBody>,
) -> Result<Ok200<CategoryView>, Problem> {
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        let categories = catalog::list_categories(tx).await?;
        let seen = categories.into_iter().find(|category| category.id == id.0);
        let seen = seen.ok_or_else(|| Problem::not_found("category"))?;
        if_match.check(seen.version)?;
        let version = seen.version;
        Ok(catalog::change_category(tx, id.0, version, &body.data.over(seen)).await?)
    };
    let category = state.transact(work).await?;
    let version = category.version;
    Ok(Ok200::new(CategoryView::from(category)).etag(version))
}

/// Removes a category that nothing is filed under
///
/// Problems: `category_in_use`.
#[api_v2_operation(operation_id = "remove_category")]
async fn remove(state: AppState, principal: Principal, id: Id<CategoryId>) -> Result<NoContent, Problem> {
    let work = async |tx: &mut Conn| {
        require_admin(tx, principal).await?;
        Ok(catalog::remove_category(tx, id.0).await?)
    };
    state.transact(work).await?;
    Ok(NoContent)
}

impl ChangeCategoryBody {
    /// The category as it shall be.
    fn over(self, category: Category) -> CategoryDraft {
        CategoryDraft {
            slug: self.slug.unwrap_or(category.slug),
            name: self.name.unwrap_or(category.name),
            parent_id: match self.parent_id {
                Patch::Keep => category.parent_id,
                Patch::Clear => None,
                Patch::Set(parent) => Some(CategoryId(parent)),
            },
            sort_order: self.sort_order.unwrap_or(category.sort_order),
        }
    }
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        Self {
            id: category.id.0,
            version: category.version,
            slug: category.slug,
            name: category.name,
            parent_id: category.parent_id.map(Uuid::from),
            sort_order: category.sort_order,
        }
    }
}
