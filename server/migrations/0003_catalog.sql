-- What is sold: products, their variants (one SKU each) and sets (세트) made of other variants.
create schema catalog;
grant usage on schema catalog to jaego_app;

create table catalog.product (
  company_id   uuid not null references access.company,
  product_id   uuid not null,
  status       text not null,
  name         text not null,
  description  text not null,
  category     text not null,
  tags         text[] not null,
  base_price   bigint not null,
  currency     text not null,
  created_at   timestamptz not null,
  primary key (company_id, product_id),
  constraint product_status_is_known check (status in ('draft', 'active', 'archived')),
  constraint product_price_is_not_negative check (base_price >= 0),
  constraint product_currency_has_three_letters check (currency ~ '^[A-Z]{3}$')
);
call kernel.wall('catalog.product');

create table catalog.variant (
  company_id    uuid not null,
  variant_id    uuid not null,
  product_id    uuid not null,
  sku           text not null,
  -- Upper case, as it is searched and kept unique: 84029e and 84029E are one thing on the shelf.
  sku_key       text collate "C" not null,
  name          text not null,
  attributes    jsonb not null,
  price         bigint not null,
  weight_grams  integer,
  margin        integer not null default 0,
  created_at    timestamptz not null,
  primary key (company_id, variant_id),
  constraint sku_is_unique_in_a_company unique (sku_key, company_id),
  constraint sku_is_not_empty check (sku <> '' and length(sku) <= 100),
  constraint variant_price_is_not_negative check (price >= 0),
  constraint margin_is_not_negative check (margin >= 0),
  foreign key (company_id, product_id) references catalog.product
);
call kernel.wall('catalog.variant');
create index variant_of_product on catalog.variant (product_id, company_id);

-- A set holds no stock of its own: selling one takes its components.
create table catalog.bundle_component (
  company_id            uuid not null,
  bundle_variant_id     uuid not null,
  component_variant_id  uuid not null,
  quantity              integer not null,
  primary key (company_id, bundle_variant_id, component_variant_id),
  constraint component_quantity_is_positive check (quantity between 1 and 10000),
  constraint set_does_not_contain_itself check (bundle_variant_id <> component_variant_id),
  foreign key (company_id, bundle_variant_id) references catalog.variant,
  foreign key (company_id, component_variant_id) references catalog.variant
);
call kernel.wall('catalog.bundle_component');
create index sets_that_contain on catalog.bundle_component (component_variant_id, company_id);
