import { buildPages } from '../../server/http/pages.ts'

/** The pages are built before any browser test begins: two builds at once would pull them away from each other. */
export default async function builtPages(): Promise<void> {
  await buildPages()
}
