// TypeScript's library under the name that generators ask for.
export { ts as default } from '@ts-morph/common'
