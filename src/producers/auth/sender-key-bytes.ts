// A sender key whose bytes are written as Baileys reads them. Signal/Group/sender-key-record.js writes them as lists of numbers and reads only
// base64 as bytes again: the key of a skipped message, the one that is used as it was read, was refused when that message came. Pure.
import { BufferJSON } from '@whiskeysockets/baileys'

const listOfNumbers = '"data":['

/** `record`: JSON, as Baileys stores it. */
export function withReadableBytes(record: Uint8Array): Buffer {
  const bytes = Buffer.from(record)
  if (!bytes.includes(listOfNumbers)) return bytes
  return Buffer.from(JSON.stringify(JSON.parse(bytes.toString()), BufferJSON.replacer))
}
