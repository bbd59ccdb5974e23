// The reader of codes: ZXing as WebAssembly. It is loaded when somebody scans for the first time; the service worker keeps it.
import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";

const OPTIONS: ReaderOptions = { formats: ["QRCode", "DataMatrix", "Code128", "MicroQRCode", "EAN13", "ITF14"], tryHarder: true, maxNumberOfSymbols: 1, textMode: "Plain" };

/** Makes the reader ready; `wasm` is where its program lies. */
export async function prepare(wasm: string): Promise<void> {
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
}

/** The text of the first code in a picture, behind what says which kind of code it is. */
export async function decode(picture: ImageData | Blob): Promise<string | null> {
  const [first] = await readBarcodes(picture, OPTIONS);
  return first?.isValid ? `${first.symbologyIdentifier}${first.text}` : null;
}
