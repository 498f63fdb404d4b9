import { defineConfig } from 'vite'

// Whoever builds (a test runner, a server under development) builds the page that people get, not React's slow half.
process.env.NODE_ENV = 'production'

/** What the server serves at `/` it has built itself, by state of the sources (server/http/pages.ts); by hand, to look at. */
export default defineConfig({
  base: '/',
  // The automatic JSX runtime of the built-in transformer; no React plugin, since nothing here needs hot reload.
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: 'dist/by-hand',
    emptyOutDir: true,
    target: 'es2022',
    // A font or image inlined as data: would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      onLog: (level, log, tell) => {
        // The component library marks every file for server rendering, which this page does not do.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') tell(level, log)
      },
    },
  },
})
