// Photographs as they are kept and sent.
import { say } from "./words.ts";

const LONGEST_SIDE = 1_600;

/** A photograph as JPEG, no side longer than is needed. */
export async function compressed(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error(say("photo-unreadable"));
  });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  if (!blob) throw new Error(say("photo-unreadable"));
  return new Uint8Array(await blob.arrayBuffer());
}
