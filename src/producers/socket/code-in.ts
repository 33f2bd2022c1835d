// What WhatsApp refused with.

/** A query of Baileys that WhatsApp refused carries its code (assertNodeErrorFree in lib/WABinary/generic-utils.js): nothing was done then. */
export function codeIn(error: unknown): string | null {
  const code = error instanceof Error && 'data' in error ? error.data : null
  return typeof code === 'number' ? String(code) : null
}
