// Closures whose state has no name yet, with the number of their `let`s: to be mended, never added to.
export const allowedClosures: Readonly<Record<string, number>> = {}
