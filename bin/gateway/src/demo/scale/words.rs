//! What things are called: crops with their varieties, and handmade goods, from the common to the rare.

use catalog::{ListingType, Unit};
use rand::Rng;
use rand::rngs::StdRng;

/// A kind of plant; those further up the list are grown by more people.
pub(super) struct Crop {
    pub name: &'static str,
    pub species: &'static str,
    /// The slug of its category.
    pub category: &'static str,
    pub unit: Unit,
    /// Of a unit of produce, about.
    pub cents: i64,
    pub varieties: &'static [&'static str],
}

macro_rules! crops {
    ($($name:literal, $species:literal, $category:literal, $unit:ident, $cents:literal, [$($variety:literal),+];)+) => {
        &[$(Crop {
            name: $name,
            species: $species,
            category: $category,
            unit: Unit::$unit,
            cents: $cents,
            varieties: &[$($variety),+],
        },)+]
    };
}

pub(super) const CROPS: &[Crop] = crops! {
    "tomato", "Solanum lycopersicum", "vegetables", Lb, 450, ["Brandywine", "Cherokee Purple", "Sungold", "San Marzano", "Black Krim", "Green Zebra", "Mortgage Lifter"];
    "basil", "Ocimum basilicum", "herbs", Bundle, 250, ["Genovese", "Thai", "Lemon", "Purple Ruffles", "Holy"];
    "pepper", "Capsicum annuum", "vegetables", Lb, 520, ["Jalapeno", "Poblano", "Shishito", "Hatch", "Lunchbox", "Fish", "Aji Amarillo"];
    "kale", "Brassica oleracea", "vegetables", Bundle, 350, ["Lacinato", "Red Russian", "Winterbor", "Siberian"];
    "lettuce", "Lactuca sativa", "vegetables", Each, 300, ["Little Gem", "Buttercrunch", "Oakleaf", "Romaine", "Lollo Rosso", "Speckles"];
    "apple", "Malus domestica", "fruit", Lb, 280, ["Honeycrisp", "Gala", "Jonathan", "Ashmead's Kernel", "Cox's Orange", "Winesap", "Newtown Pippin"];
    "squash", "Cucurbita pepo", "vegetables", Each, 400, ["Delicata", "Zucchini", "Pattypan", "Acorn", "Tromboncino", "Kabocha"];
    "garlic", "Allium sativum", "vegetables", Lb, 900, ["Music", "Chesnok Red", "German White", "Inchelium Red", "Purple Glazer"];
    "cucumber", "Cucumis sativus", "vegetables", Each, 150, ["Marketmore", "Lemon", "Persian", "Suyo Long", "Boothby's Blonde"];
    "mint", "Mentha spicata", "herbs", Bundle, 200, ["Spearmint", "Mojito", "Chocolate", "Apple", "Moroccan"];
    "potato", "Solanum tuberosum", "vegetables", Lb, 220, ["Yukon Gold", "Russet", "Fingerling", "Purple Majesty", "Ozette"];
    "bean", "Phaseolus vulgaris", "vegetables", Lb, 500, ["Blue Lake", "Dragon Tongue", "Rattlesnake", "Scarlet Runner", "Hidatsa Shield"];
    "carrot", "Daucus carota", "vegetables", Bundle, 320, ["Nantes", "Danvers", "Purple Haze", "Paris Market"];
    "sunflower", "Helianthus annuus", "flowers", Each, 180, ["Mammoth", "Autumn Beauty", "Lemon Queen", "Teddy Bear"];
    "strawberry", "Fragaria ananassa", "fruit", Lb, 650, ["Albion", "Seascape", "Alpine", "Earliglow", "Mara des Bois"];
    "onion", "Allium cepa", "vegetables", Lb, 210, ["Walla Walla", "Red Wing", "Cipollini", "Ailsa Craig"];
    "rosemary", "Salvia rosmarinus", "herbs", Bundle, 280, ["Tuscan Blue", "Arp", "Barbecue", "Prostrate"];
    "corn", "Zea mays", "vegetables", Each, 100, ["Glass Gem", "Peaches and Cream", "Bloody Butcher", "Painted Mountain", "Hopi Blue"];
    "lavender", "Lavandula angustifolia", "flowers", Bundle, 600, ["Hidcote", "Munstead", "Grosso", "Provence"];
    "peach", "Prunus persica", "fruit", Lb, 420, ["Elberta", "Red Haven", "Cresthaven", "Indian Blood"];
    "beet", "Beta vulgaris", "vegetables", Bundle, 330, ["Chioggia", "Bull's Blood", "Golden", "Cylindra"];
    "radish", "Raphanus sativus", "vegetables", Bundle, 240, ["French Breakfast", "Watermelon", "Cherry Belle", "Daikon"];
    "pea", "Pisum sativum", "vegetables", Lb, 600, ["Sugar Snap", "Oregon Giant", "Golden Sweet", "Tall Telephone"];
    "parsley", "Petroselinum crispum", "herbs", Bundle, 210, ["Italian", "Curled", "Hamburg"];
    "thyme", "Thymus vulgaris", "herbs", Bundle, 240, ["English", "Lemon", "Caraway", "Woolly"];
    "zinnia", "Zinnia elegans", "flowers", Bundle, 500, ["Benary's Giant", "Queen Lime", "Oklahoma", "Zinderella"];
    "raspberry", "Rubus idaeus", "fruit", Lb, 900, ["Heritage", "Anne", "Caroline", "Bristol Black"];
    "melon", "Cucumis melo", "fruit", Each, 480, ["Charentais", "Rocky Ford", "Crenshaw", "Prescott Fond Blanc"];
    "chard", "Beta vulgaris cicla", "vegetables", Bundle, 310, ["Rainbow", "Fordhook", "Ruby"];
    "plum", "Prunus domestica", "fruit", Lb, 340, ["Stanley", "Santa Rosa", "Mirabelle", "Damson"];
    "dahlia", "Dahlia pinnata", "flowers", Each, 450, ["Cafe au Lait", "Bishop of Llandaff", "Thomas Edison", "Jowey Winnie"];
    "eggplant", "Solanum melongena", "vegetables", Each, 260, ["Black Beauty", "Rosa Bianca", "Ping Tung", "Listada de Gandia"];
    "cilantro", "Coriandrum sativum", "herbs", Bundle, 190, ["Santo", "Calypso", "Delfino"];
    "grape", "Vitis labrusca", "fruit", Lb, 380, ["Concord", "Niagara", "Canadice", "Himrod"];
    "pumpkin", "Cucurbita maxima", "vegetables", Each, 800, ["Sugar Pie", "Jarrahdale", "Musquee de Provence", "Marina di Chioggia"];
    "sage", "Salvia officinalis", "herbs", Bundle, 250, ["Berggarten", "Pineapple", "White"];
    "okra", "Abelmoschus esculentus", "vegetables", Lb, 450, ["Clemson Spineless", "Burgundy", "Cowhorn"];
    "cabbage", "Brassica oleracea capitata", "vegetables", Each, 350, ["Early Jersey", "January King", "Savoy", "Caraflex"];
    "fig", "Ficus carica", "fruit", Lb, 1100, ["Chicago Hardy", "Black Mission", "Brown Turkey", "Panachee"];
    "elderberry", "Sambucus nigra", "fruit", Lb, 1200, ["Adams", "York", "Wyldewood"];
    "quince", "Cydonia oblonga", "fruit", Lb, 550, ["Smyrna", "Aromatnaya", "Vranja"];
    "chamomile", "Matricaria chamomilla", "herbs", Gram, 30, ["German", "Bodegold", "Zloty Lan"];
    "celeriac", "Apium graveolens", "vegetables", Each, 420, ["Brilliant", "Giant Prague"];
    "salsify", "Tragopogon porrifolius", "vegetables", Lb, 700, ["Mammoth Sandwich Island"];
    "medlar", "Mespilus germanica", "fruit", Lb, 800, ["Nottingham", "Breda Giant"];
    "skirret", "Sium sisarum", "vegetables", Lb, 950, ["Crummock"];
    "lovage", "Levisticum officinale", "herbs", Bundle, 300, ["Mountain"];
    "cardoon", "Cynara cardunculus", "vegetables", Each, 500, ["Rouge d'Alger"];
    "oca", "Oxalis tuberosa", "vegetables", Lb, 1000, ["Hopin"];
};

const PRAISE: &[&str] = &[
    "Organic",
    "Heirloom",
    "Fresh",
    "Backyard",
    "Homegrown",
    "Sun-ripened",
    "Open-pollinated",
    "Hand-picked",
];
const GOODS: &[(&str, &str, i64)] = &[
    ("mug", "pottery", 2800),
    ("candle", "home", 1800),
    ("soap", "home", 900),
    ("bowl", "pottery", 3600),
    ("scarf", "textiles", 4200),
    ("cutting board", "woodwork", 5400),
    ("planter", "pottery", 3100),
    ("tea towel", "textiles", 1600),
    ("spoon", "woodwork", 1900),
    ("basket", "home", 4800),
    ("hot sauce", "pantry", 1100),
    ("honey", "pantry", 1400),
    ("jam", "pantry", 950),
    ("earrings", "jewelry", 2600),
    ("birdhouse", "woodwork", 3900),
    ("quilt", "textiles", 18_500),
    ("vase", "pottery", 4400),
    ("leather apron", "textiles", 8900),
    ("trivet", "woodwork", 1700),
    ("butter churn", "woodwork", 12_500),
];
const MAKES: &[&str] = &[
    "Stoneware",
    "Hand-thrown",
    "Lavender",
    "Walnut",
    "Maple",
    "Wool",
    "Linen",
    "Beeswax",
    "Indigo",
    "Cherry",
    "Raku",
    "Merino",
    "Juniper",
    "Copper",
    "Wildflower",
    "Terracotta",
    "Shibori",
    "Bog oak",
];
const STYLES: &[&str] =
    &["small", "large", "rustic", "glazed", "striped", "speckled", "engraved", "reversible"];
const SENTENCES: &[&str] = &[
    "Grown without sprays in raised beds.",
    "Picked the morning of your pickup.",
    "From saved seed, the fourth year in this garden.",
    "Watered from the roof and fed with compost.",
    "Tastes best within the week.",
    "A favorite of the neighbors.",
    "Grown at the end of the lane, behind the old barn.",
    "Certified by nobody but the bees.",
];
const CRAFT_SENTENCES: &[&str] = &[
    "Made by hand in small batches.",
    "No two are alike.",
    "Packed in paper and straw.",
    "Made to be used every day.",
    "From material found within a day's walk.",
    "Signed by its maker.",
];

/// Categories beside those of the small demonstration.
pub(super) const CATEGORIES: &[(&str, &str)] = &[
    ("vegetables", "Vegetables"),
    ("herbs", "Herbs"),
    ("fruit", "Fruit"),
    ("flowers", "Flowers"),
    ("pottery", "Pottery"),
    ("home", "Home"),
    ("textiles", "Textiles"),
    ("woodwork", "Woodwork"),
    ("pantry", "Pantry"),
    ("jewelry", "Jewelry"),
];

/// A word that many titles have, and one that few have.
pub(super) const COMMON_AND_RARE: (&str, &str) = ("tomato", "skirret");

/// What one thing is called, and what it costs about.
pub(super) struct Wording {
    pub title: String,
    pub description: String,
    pub cents: i64,
}

/// A crop and one of its varieties.
pub(super) fn plant(dice: &mut StdRng) -> (&'static Crop, &'static str) {
    let crop = skewed(dice, CROPS);
    (crop, *skewed(dice, crop.varieties))
}

pub(super) fn listing_type(dice: &mut StdRng) -> ListingType {
    match dice.random_range(0..10) {
        0..6 => ListingType::Produce,
        6..9 => ListingType::Seeds,
        _ => ListingType::Clipping,
    }
}

pub(super) fn listing(dice: &mut StdRng, crop: &Crop, variety: &str, part: ListingType) -> Wording {
    let praise = if dice.random_bool(0.5) { format!("{} ", pick(dice, PRAISE)) } else { String::new() };
    let (part, cents) = match part {
        ListingType::Produce => ("", crop.cents),
        ListingType::Seeds => (" seeds", 350),
        ListingType::Clipping => (" cuttings", 500),
    };
    Wording {
        title: format!("{praise}{variety} {}{part}", crop.name),
        description: format!("{} {}", pick(dice, SENTENCES), pick(dice, SENTENCES)),
        cents: around(dice, cents),
    }
}

/// A handmade thing with its category's slug.
pub(super) fn product(dice: &mut StdRng) -> (Wording, &'static str) {
    let (name, category, cents) = *skewed(dice, GOODS);
    let (make, style) = (skewed(dice, MAKES), pick(dice, STYLES));
    let title = format!("{make} {name}, {style}");
    let description = format!("{} {}", pick(dice, CRAFT_SENTENCES), pick(dice, CRAFT_SENTENCES));
    (Wording { title, description, cents: around(dice, cents) }, category)
}

pub(super) fn pick<T: Copy>(dice: &mut StdRng, from: &[T]) -> T {
    from[dice.random_range(0..from.len())]
}

/// One of the list, those at its beginning much more often than those at its end.
fn skewed<'a, T>(dice: &mut StdRng, from: &'a [T]) -> &'a T {
    let (a, b) = (dice.random_range(0..from.len()), dice.random_range(0..from.len()));
    &from[a.min(b).min(dice.random_range(0..from.len()))]
}

fn around(dice: &mut StdRng, cents: i64) -> i64 {
    (cents * dice.random_range(60..=160) / 100).max(1)
}
