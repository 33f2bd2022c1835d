// The console as files that zaplog serves: two pages, hashed assets, nothing inline. scripts/generate-console.ts builds with it.
import { fileURLToPath } from 'node:url'
import type { InlineConfig } from 'vite'

const page = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export const consoleConfig = {
  root: fileURLToPath(new URL('.', import.meta.url)),
  configFile: false,
  envDir: false,
  logLevel: 'warn',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    write: false,
    target: 'es2023',
    modulePreload: { polyfill: false },
    // Inline data would need a policy that allows it.
    assetsInlineLimit: 0,
    // The reference's library is what it is.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: [page('index.html'), page('docs.html')], checks: { pluginTimings: false } },
  },
} as const satisfies InlineConfig
