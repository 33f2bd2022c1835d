// JSON that keeps bytes: a Buffer or Uint8Array is written as {"$bytes": base64}, and read back as a Buffer.

export const toJson = (value: unknown): string => JSON.stringify(value, replaceBytes)

export const fromJson = (text: string): unknown => JSON.parse(text, reviveBytes)

/** The value itself is in `this`: what is handed over is what Buffer's own toJSON made of it. */
function replaceBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const own = this[name]
  return own instanceof Uint8Array ? { $bytes: Buffer.from(own).toString('base64') } : value
}

function reviveBytes(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value
  return Buffer.from(String(value.$bytes), 'base64')
}
