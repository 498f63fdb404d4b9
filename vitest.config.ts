import { defineConfig } from 'vitest/config'

// Two workers: the machines we care about have two cores, and PostgreSQL needs its share of them.
const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude: ['**/node_modules/**', '.jaego/**', 'web/dist/**'], ...more },
})

// The time only ends a story that hangs: beside other work on the same two cores some take half a minute.
const withDatabase = { globalSetup: ['test/database-server.ts'], testTimeout: 120_000 }

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      project('rules', ['tools/**/*.test.ts']),
      project('pure', ['**/*.test.{ts,tsx}', '!tools/**', '!**/*.pg.test.ts', '!**/*.browser.test.ts']),
      project('postgres', ['**/*.pg.test.ts'], withDatabase),
      project('browser', ['**/*.browser.test.ts'], {
        globalSetup: ['test/browser/built-pages.ts'],
        fileParallelism: false,
      }),
    ],
  },
})
