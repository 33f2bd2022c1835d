// Builds and reads the stanzas of WhatsApp's protocol; reading what is not there is a protocol error that names it.
import type { BinaryNode } from '@whiskeysockets/baileys'

export const server = 's.whatsapp.net'

/** Attributes that are undefined are left out. */
export function node(tag: string, attrs: Record<string, string | undefined> = {}, content?: BinaryNode['content']): BinaryNode {
  const present: Record<string, string> = {}
  for (const [name, value] of Object.entries(attrs)) if (value !== undefined) present[name] = value
  return content === undefined ? { tag, attrs: present } : { tag, attrs: present, content }
}

export function secondsNow(): string {
  return String(Math.floor(Date.now() / 1000))
}

export function children(of: BinaryNode, tag?: string): BinaryNode[] {
  if (!Array.isArray(of.content)) return []
  return tag === undefined ? of.content : of.content.filter(child => child.tag === tag)
}

export function findChild(of: BinaryNode, tag: string): BinaryNode | undefined {
  return children(of, tag)[0]
}

export function child(of: BinaryNode, tag: string): BinaryNode {
  return required(findChild(of, tag), `<${tag}> in <${of.tag}>`)
}

export function bytes(of: BinaryNode): Buffer {
  if (typeof of.content === 'string') return Buffer.from(of.content)
  if (of.content instanceof Uint8Array) return Buffer.from(of.content)
  throw new Error(`reading <${of.tag}>: expected bytes, got ${of.content === undefined ? 'nothing' : 'other stanzas'}`)
}

/** Big-endian. */
export function uint(of: BinaryNode): number {
  return readUint(bytes(of))
}

export function readUint(bigEndian: Uint8Array): number {
  return Buffer.from(bigEndian).readUIntBE(0, bigEndian.length)
}

export function attr(of: BinaryNode, name: string): string {
  return required(of.attrs[name], `attribute ${name} of <${of.tag}>`)
}

export function required<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`expected ${what}, got nothing`)
  return value
}
