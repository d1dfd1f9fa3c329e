//! What is sold in the demonstration.

use std::collections::HashMap;

use anyhow::{Context, Result};
use catalog::{CategoryDraft, CreateListing, CreateProduct, ListingType, PlantDraft, Unit};
use chrono::{DateTime, Utc};
use db::Conn;
use kernel::{CategoryId, Currency, Money, Quantity, UserId};

use super::Seller;

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
pub(super) async fn fill(tx: &mut Conn, now: DateTime<Utc>, sellers: &[Seller]) -> Result<()> {
    let categories = make_categories(tx, CATEGORIES).await?;
    for seller in sellers {
        match seller.shelf {
            Shelf::Plants(plants) => {
                for plant in *plants {
                    sell_plant(tx, now, seller.id, plant, category(&categories, plant.category)?).await?;
                }
            }
            Shelf::Products(products) => {
                for product in *products {
                    sell_product(tx, now, seller.id, product, category(&categories, product.category)?)
                        .await?;
                }
            }
        }
    }
    Ok(())
}

fn category(known: &HashMap<String, CategoryId>, slug: &str) -> Result<CategoryId> {
    known.get(slug).copied().with_context(|| format!("there is no category {slug}"))
}

/// The ids of the categories by slug; those of the wanted ones that are missing are made.
pub(super) async fn make_categories(
    tx: &mut Conn,
    wanted: &[(&str, &str)],
) -> Result<HashMap<String, CategoryId>> {
    let present = catalog::list_categories(tx).await?;
    let mut known: HashMap<String, CategoryId> =
        present.into_iter().map(|category| (category.slug, category.id)).collect();
    for (sort_order, (slug, name)) in (0_i32..).zip(wanted) {
        if !known.contains_key(*slug) {
            let (slug, name) = ((*slug).to_owned(), (*name).to_owned());
            let draft = CategoryDraft { slug: slug.clone(), name, parent_id: None, sort_order };
            known.insert(slug, catalog::create_category(tx, &draft).await?.id);
        }
    }
    Ok(known)
}

async fn sell_plant(
    tx: &mut Conn,
    now: DateTime<Utc>,
    gardener: UserId,
    plant: &Plant,
    category: CategoryId,
) -> Result<()> {
    let draft = PlantDraft {
        name: plant.name.to_owned(),
        species: Some(plant.species.to_owned()),
        description: None,
        tags: plant.tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
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
    catalog::create_listing(tx, now, gardener, &listing).await?;
    Ok(())
}

async fn sell_product(
    tx: &mut Conn,
    now: DateTime<Utc>,
    maker: UserId,
    product: &Product,
    category: CategoryId,
) -> Result<()> {
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
    catalog::create_product(tx, now, maker, &draft).await?;
    Ok(())
}
