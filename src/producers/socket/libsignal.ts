// The very copy of libsignal that Baileys uses, and its files, which its package does not export.
import { createRequire } from 'node:module'

const baileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))

/** 'libsignal', or one of its files by its path in the package, such as ./src/curve.js. */
export const requireLibsignal = createRequire(baileys.resolve('libsignal'))
