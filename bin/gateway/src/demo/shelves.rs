//! What is sold in the demonstration.

use std::collections::HashMap;

use anyhow::{Context, Result};
use catalog::{CategoryDraft, CreateListing, CreateProduct, ListingType, PlantDraft, Unit};
use kernel::{CategoryId, Currency, Money, Quantity, UserId};

use super::Seller;
use crate::AppState;

/// What one vendor sells.
#[derive(Debug)]
pub(super) enum Shelf {
    Plants(&'static [Plant]),
    Products(&'static [Product]),
}

#[derive(Debug)]
pub(super) struct Plant {
    name: &'static str,
    species: &'static str,
    tags: &'static [&'static str],
    listing_type: ListingType,
    unit: Unit,
    cents: i64,
    quantity: i32,
    category: &'static str,
}

#[derive(Debug)]
pub(super) struct Product {
    sku: &'static str,
    title: &'static str,
    cents: i64,
    stock: i32,
    category: &'static str,
}

const CATEGORIES: &[(&str, &str)] = &[
    ("vegetables", "Vegetables"),
    ("herbs", "Herbs"),
    ("fruit", "Fruit"),
    ("seeds", "Seeds"),
    ("pottery", "Pottery"),
];

pub(super) const GREENS: Shelf = Shelf::Plants(&[
    Plant {
        name: "Lacinato kale",
        species: "Brassica oleracea",
        tags: &["full-sun", "frost-hardy"],
        listing_type: ListingType::Produce,
        unit: Unit::Bundle,
        cents: 350,
        quantity: 24,
        category: "vegetables",
    },
    Plant {
        name: "Cherry tomato",
        species: "Solanum lycopersicum",
        tags: &["full-sun"],
        listing_type: ListingType::Produce,
        unit: Unit::Lb,
        cents: 499,
        quantity: 18,
        category: "vegetables",
    },
    Plant {
        name: "Genovese basil",
        species: "Ocimum basilicum",
        tags: &["full-sun", "container"],
        listing_type: ListingType::Clipping,
        unit: Unit::Each,
        cents: 200,
        quantity: 40,
        category: "herbs",
    },
    Plant {
        name: "Glass gem corn",
        species: "Zea mays",
        tags: &["full-sun", "heirloom"],
        listing_type: ListingType::Seeds,
        unit: Unit::Gram,
        cents: 15,
        quantity: 500,
        category: "seeds",
    },
]);

pub(super) const ORCHARD: Shelf = Shelf::Plants(&[
    Plant {
        name: "Honeycrisp apple",
        species: "Malus domestica",
        tags: &["full-sun"],
        listing_type: ListingType::Produce,
        unit: Unit::Lb,
        cents: 279,
        quantity: 120,
        category: "fruit",
    },
    Plant {
        name: "Stanley plum",
        species: "Prunus domestica",
        tags: &["self-fertile"],
        listing_type: ListingType::Produce,
        unit: Unit::Lb,
        cents: 325,
        quantity: 60,
        category: "fruit",
    },
]);

pub(super) const CLAY: Shelf = Shelf::Products(&[
    Product { sku: "MUG-12", title: "Stoneware mug, 12 oz", cents: 2800, stock: 16, category: "pottery" },
    Product { sku: "BOWL-7", title: "Ramen bowl, 7 inch", cents: 3600, stock: 9, category: "pottery" },
    Product { sku: "POT-4", title: "Herb pot with saucer", cents: 1900, stock: 30, category: "pottery" },
]);

/// Makes the categories and puts every seller's goods on sale.
pub(super) async fn fill(state: &AppState, sellers: &[Seller]) -> Result<()> {
    let categories = make_categories(state).await?;
    for seller in sellers {
        match seller.shelf {
            Shelf::Plants(plants) => {
                for plant in *plants {
                    sell_plant(state, seller.id, plant, category(&categories, plant.category)?).await?;
                }
            }
            Shelf::Products(products) => {
                for product in *products {
                    sell_product(state, seller.id, product, category(&categories, product.category)?).await?;
                }
            }
        }
    }
    Ok(())
}

fn category(known: &HashMap<&str, CategoryId>, slug: &str) -> Result<CategoryId> {
    known.get(slug).copied().with_context(|| format!("there is no category {slug}"))
}

async fn make_categories(state: &AppState) -> Result<HashMap<&'static str, CategoryId>> {
    let mut made = HashMap::new();
    for (sort_order, (slug, name)) in (0_i32..).zip(CATEGORIES) {
        let draft =
            CategoryDraft { slug: (*slug).to_owned(), name: (*name).to_owned(), parent_id: None, sort_order };
        let category =
            state.transact(async |tx: &mut db::Conn| Ok(catalog::create_category(tx, &draft).await?)).await?;
        made.insert(*slug, category.id);
    }
    Ok(made)
}

async fn sell_plant(state: &AppState, gardener: UserId, plant: &Plant, category: CategoryId) -> Result<()> {
    let now = state.clock.now();
    let draft = PlantDraft {
        name: plant.name.to_owned(),
        species: Some(plant.species.to_owned()),
        description: None,
        tags: plant.tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    state
        .transact(async |tx: &mut db::Conn| {
            let grown = catalog::add_plant(tx, now, gardener, &draft).await?;
            let listing = CreateListing {
                plant_id: grown.id,
                listing_type: plant.listing_type,
                title: None,
                description: None,
                category_id: Some(category),
                unit: plant.unit,
                price: Money::new(plant.cents, Currency::Usd),
                quantity_available: Quantity::whole(plant.quantity),
                publish: true,
            };
            Ok(catalog::create_listing(tx, now, gardener, &listing).await?)
        })
        .await?;
    Ok(())
}

async fn sell_product(
    state: &AppState,
    maker: UserId,
    product: &Product,
    category: CategoryId,
) -> Result<()> {
    let now = state.clock.now();
    let draft = CreateProduct {
        sku: product.sku.to_owned(),
        title: product.title.to_owned(),
        description: None,
        category_id: Some(category),
        price: Money::new(product.cents, Currency::Usd),
        stock_quantity: Quantity::whole(product.stock),
        reorder_threshold: Quantity::whole(4),
        publish: true,
    };
    state
        .transact(async |tx: &mut db::Conn| Ok(catalog::create_product(tx, now, maker, &draft).await?))
        .await?;
    Ok(())
}
