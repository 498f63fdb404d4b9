import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Random } from './random.ts'

/**
 * Seals credentials for rest: AES-256-GCM, a fresh 96-bit nonce, bound to `place` so that a sealed value moved to
 * another row or company does not open.
 */
export type Secrets = {
  seal(place: string, text: string): Buffer
  /** Throws when the key, the place or a single bit differs. */
  open(place: string, sealed: Buffer): string
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** `key`: 32 bytes. */
export function openSecrets(key: Uint8Array, random: Random): Secrets {
  if (key.length !== 32) throw new Error('the secret key must be 32 bytes')
  return {
    seal(place, text) {
      const nonce = random.fill(new Uint8Array(NONCE_BYTES))
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(place, sealed) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      )
    },
  }
}
