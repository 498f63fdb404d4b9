/**
 * Who may do what: companies and the keys their programs sign in with. Users, roles and sign-in come later.
 *
 * Start in api-keys.ts. Tables: the `access` schema.
 */
export { type Caller, createApiKey, identify } from './api-keys.ts'
export { companyIds, companyName, createCompany } from './companies.ts'
export { rememberAnswer, rememberedAnswer } from './idempotency.ts'
