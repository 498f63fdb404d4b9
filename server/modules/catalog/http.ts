import type { FastifyPluginAsync } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type NewProductBody, newProduct, productAnswer, sku, variantAnswer } from '../../../contract/catalog.ts'
import type { Database, Tx } from '../../kernel/db.ts'
import { createProducts, type NewProduct } from './products.ts'
import { normaliseSku } from './skus.ts'
import { findVariants, readVariants, type Variant } from './variants.ts'

export const catalogRoutes =
  ({ db }: { db: Database }): FastifyPluginAsync =>
  async (plain) => {
    const app = plain.withTypeProvider<ZodTypeProvider>()

    app.post(
      '/v1/products',
      {
        schema: { body: newProduct, response: { 201: productAnswer } },
        config: { summary: 'Create a product with its variants' },
      },
      async (request, reply) => {
        const { company } = request.caller
        return reply.once(async (tx) => {
          const { faults, product } = await productOf(tx, company, request.body)
          if (faults.length > 0) throw reply.refusal(refusalOf(faults))
          const [ids] = createProducts(tx, [product])
          return { status: 201, body: { variants: product.variants.map(({ sku }, i) => ({ id: ids![i]!, sku })) } }
        })
      },
    )

    app.get(
      '/v1/variants/:sku',
      {
        schema: { params: z.object({ sku }), response: { 200: variantAnswer } },
        config: { summary: 'A variant by its SKU' },
      },
      async (request, reply) => {
        const { company } = request.caller
        const found = await db.transaction([company], async (tx) => {
          const [variant] = await findVariants(tx, company, [request.params.sku])
          return variant ? answerOf(tx, variant) : null
        })
        return found ?? reply.refuse('not-found', 'There is no variant of this SKU.')
      },
    )
  }

type Fault = { pointer: string; detail: string; exists: boolean }

/** A taken SKU is a matter of the shelf, anything else of the request. */
function refusalOf(faults: readonly Fault[]) {
  const kind = faults.every((fault) => fault.exists) ? ('already-exists' as const) : ('invalid-request' as const)
  const errors = faults.map(({ pointer, detail }) => ({ pointer, detail }))
  return { kind, detail: `The body is wrong at ${errors[0]!.pointer}: ${errors[0]!.detail}.`, errors }
}

async function productOf(tx: Tx, company: string, body: NewProductBody) {
  const named = body.variants.flatMap((variant) => [
    variant.sku,
    ...(variant.components ?? []).map((component) => component.sku),
  ])
  const known = new Map((await findVariants(tx, company, named)).map((found) => [normaliseSku(found.sku), found]))
  const product: NewProduct = {
    company,
    name: body.name,
    status: body.status ?? 'active',
    description: body.description ?? '',
    category: body.category ?? '',
    tags: body.tags ?? [],
    basePrice: body.basePrice,
    currency: body.currency ?? 'KRW',
    variants: body.variants.map((variant) => ({
      sku: variant.sku,
      name: variant.name ?? '',
      attributes: variant.attributes ?? {},
      price: variant.price ?? body.basePrice,
      weightGrams: variant.weightGrams ?? null,
      margin: variant.margin ?? 0,
      components: (variant.components ?? []).map((component) => ({
        variantId: known.get(normaliseSku(component.sku))?.variantId ?? '',
        quantity: component.quantity,
      })),
    })),
  }
  return { product, faults: faultsOf(body, known) }
}

function faultsOf(body: NewProductBody, known: ReadonlyMap<string, Variant>): Fault[] {
  const faults: Fault[] = []
  const seen = new Set<string>()
  body.variants.forEach((variant, i) => {
    const key = normaliseSku(variant.sku)
    const at = `/variants/${i}`
    if (known.has(key)) faults.push({ pointer: `${at}/sku`, detail: 'this SKU is taken', exists: true })
    if (seen.has(key)) faults.push({ pointer: `${at}/sku`, detail: 'this SKU is there twice', exists: false })
    seen.add(key)
    const parts = new Set<string>()
    variant.components?.forEach((component, j) => {
      const part = normaliseSku(component.sku)
      const detail = parts.has(part) ? 'this part is there twice' : whyNoPart(known.get(part))
      parts.add(part)
      if (detail) faults.push({ pointer: `${at}/components/${j}/sku`, detail, exists: false })
    })
  })
  return faults
}

function whyNoPart(variant: Variant | undefined): string | null {
  if (!variant) return 'there is no variant of this SKU'
  return variant.components.length > 0 ? 'a set cannot be part of a set' : null
}

async function answerOf(tx: Tx, variant: Variant) {
  const parts = await readVariants(
    tx,
    variant.components.map(({ variantId }) => ({ company: variant.company, variantId })),
  )
  const skus = new Map(parts.map((part) => [part.variantId, part.sku]))
  return {
    ...variant,
    id: variant.variantId,
    components: variant.components.map(({ variantId, quantity }) => ({ sku: skus.get(variantId) ?? '', quantity })),
  }
}
