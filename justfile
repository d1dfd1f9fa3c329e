# Short names for what is done often. Everything here also works without just: each recipe is one command.
# The stack of `up` runs in containers; `run` needs none.

# List the recipes
default:
    @just --list

# Start the gateway and its database in containers
up *args:
    docker compose up --detach --build {{ args }}

# Stop the containers; `just down --volumes` also forgets the data
down *args:
    docker compose down {{ args }}

# Follow the containers' logs
logs *args:
    docker compose logs --follow {{ args }}

# A shell in the gateway's container
bash:
    docker compose exec web bash

# Bring the schema of DATABASE_URL up to date
migrate:
    cargo run --package gateway -- migrate

# Make the account with this address an administrator
superuser email:
    cargo run --package gateway -- superuser --email {{ quote(email) }}

# Fill DATABASE_URL with the demonstration's data
seed:
    cargo run --package gateway -- seed-demo

# Build and run the gateway with everything embedded
run *args:
    cargo xtask run {{ args }}

# Run all tests, or those that the arguments for cargo test choose
test *args:
    cargo xtask test {{ args }}

# Run the benchmarks
bench *args:
    cargo xtask bench {{ args }}

# Format the code
fmt:
    cargo xtask fmt

# Clippy; warnings are errors
lint:
    cargo xtask lint

# Build the documentation; warnings are errors
doc:
    cargo xtask doc

# Format, lints and documentation, as CI checks them
check:
    cargo xtask check
