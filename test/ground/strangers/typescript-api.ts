// For programs that make TypeScript by its own library, which the compiler of this repository does not have any more: node --import with this file lets
// them have the one that ts-morph brings.
import { registerHooks } from 'node:module'

const library = new URL('typescript-library.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'typescript' ? { url: library, format: 'module-typescript', shortCircuit: true } : next(specifier, context),
})
