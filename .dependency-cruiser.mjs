import { MODULE_MAP } from './module-map.ts'

// Each rule has a fixture in tools/dependency-rules.test.ts that breaks it on purpose.

const TESTS = '\\.test\\.tsx?$'
const OURS = '^(server|contract|web|simulators|test|bench|tools)/|^module-map\\.ts$'

const ADAPTERS_MAY_USE = ['^server/kernel/', '^server/modules/channels/(adapter|index)\\.ts$']

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    // Cycles are looked for in tools/cycles.ts: this tool looks at one cycle an import, so that a harmless one can hide
    // another.
    rule(
      'everything-resolves',
      'An import the tool cannot follow would pass every other rule.',
      {},
      { couldNotResolve: true },
    ),
    rule(
      'module-must-be-in-the-map',
      'A module enters module-map.ts with its folder.',
      { path: '^server/modules/', pathNot: `^server/modules/(${Object.keys(MODULE_MAP).join('|')})/` },
      { path: '.' },
    ),
    ...Object.entries(MODULE_MAP).map(([name, uses]) =>
      rule(
        `${name}-uses-only-what-the-map-allows`,
        `module-map.ts lets ${name} use: ${uses.join(', ') || 'no other module'}.`,
        { path: `^server/modules/${name}/` },
        { path: '^server/modules/', pathNot: `^server/modules/(${[name, ...uses].join('|')})/` },
      ),
    ),
    rule(
      'modules-meet-at-index',
      'What others may call is what index.ts exports.',
      { path: '^server/modules/([^/]+)/' },
      { path: '^server/modules/', pathNot: ['^server/modules/$1/', '^server/modules/[^/]+/index\\.ts$'] },
    ),
    rule(
      'only-compose-sees-http-and-jobs',
      'Routes and jobs are wired in one place.',
      { pathNot: ['^server/compose\\.ts$', '^server/http/routes\\.ts$', TESTS] },
      { path: '^server/modules/[^/]+/(http|jobs)\\.ts$' },
    ),
    rule(
      'outsiders-use-the-public-face',
      'The rest of the server sees a module as other modules do.',
      { path: '^server/', pathNot: ['^server/modules/', '^server/adapters/', TESTS] },
      {
        path: '^server/modules/',
        pathNot: ['^server/modules/[^/]+/(index|http|jobs)\\.ts$', '^server/modules/channels/adapter\\.ts$'],
      },
    ),
    rule(
      'kernel-knows-nobody',
      'The kernel is what everything stands on.',
      { path: '^server/kernel/', pathNot: TESTS },
      { path: OURS, pathNot: '^server/kernel/' },
    ),
    rule(
      'kernel-tests-know-only-the-test-database',
      'A kernel test that needs a module tests that module.',
      { path: `^server/kernel/.*${TESTS}` },
      { path: OURS, pathNot: ['^server/kernel/', '^test/'] },
    ),
    rule(
      'modules-do-not-know-adapters',
      'A module speaks to the outside through its port; tests in test/conformance join the two.',
      { path: '^server/modules/' },
      { path: '^(server/adapters|simulators)/' },
    ),
    rule(
      'modules-know-no-shell',
      'Modules are wired by compose.ts; they do not look up at it.',
      { path: '^server/modules/', pathNot: TESTS },
      { path: OURS, pathNot: ['^server/(modules|kernel)/', '^contract/'] },
    ),
    rule(
      'adapters-know-only-the-port',
      'An adapter translates one outside system; it knows its port, the kernel, and what lies beside its folder.',
      { path: '^server/adapters/([^/]+)/([^/]+)/', pathNot: TESTS },
      { path: OURS, pathNot: ['^server/adapters/$1/($2/|[^/]+\\.ts$)', ...ADAPTERS_MAY_USE] },
    ),
    rule(
      'what-adapters-share-knows-none-of-them',
      'A file beside the adapters that knew one of them would tie the others to it. Only their list, index.ts, may.',
      { path: '^server/adapters/([^/]+)/[^/]+\\.ts$', pathNot: ['^server/adapters/[^/]+/index\\.ts$', TESTS] },
      { path: OURS, pathNot: ['^server/adapters/$1/[^/]+\\.ts$', ...ADAPTERS_MAY_USE] },
    ),
    rule(
      'screens-only-read',
      'Lists that join modules read tables; what changes them are the verbs.',
      { path: '^server/screens/', pathNot: TESTS },
      { path: OURS, pathNot: ['^server/(screens|kernel)/', '^contract/', '^server/modules/[^/]+/index\\.ts$'] },
    ),
    rule(
      'one-door-to-postgres',
      'Transactions, time-outs and the wall between companies are set up in server/kernel.',
      { path: '^(server|simulators|web|contract)/', pathNot: ['^server/kernel/', TESTS] },
      { path: '(^|/)node_modules/(@types/)?(pg|pg-[^/]+)/' },
    ),
    rule(
      'contract-is-a-leaf',
      'Schemas shared with the web depend on zod and nothing else.',
      { path: '^contract/', pathNot: TESTS },
      { path: '.', pathNot: ['^contract/', '(^|/)node_modules/zod/'] },
    ),
    rule(
      'web-sees-only-the-contract',
      'The screens know the API, not how it is made.',
      { path: '^web/', pathNot: TESTS },
      { path: OURS, pathNot: ['^web/', '^contract/'] },
    ),
    rule(
      'simulators-share-nothing',
      'A pretend marketplace that imports our types agrees with our misreadings.',
      { path: '^simulators/' },
      { path: OURS, pathNot: '^simulators/' },
    ),
    rule(
      'nothing-runs-on-tests',
      'What ships does not import what checks it.',
      { path: '^(server|contract|web|simulators)/', pathNot: TESTS },
      { path: ['^(test|bench|tools)/', TESTS] },
    ),
    rule(
      'runs-without-dev-packages',
      'An installation without devDependencies must start.',
      { path: '^(server|simulators|contract)/', pathNot: TESTS },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '(^|/)node_modules/vite/' },
    ),
    rule(
      'vite-only-on-demand',
      'A clone builds its web once with vite; a release brings it built and has no vite.',
      { path: '^(server|simulators|contract)/', pathNot: TESTS },
      { path: '(^|/)node_modules/vite/', dynamic: false, dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^web/dist/' },
    // Without it imports of types alone are not seen.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
