// The CPU time that sharp takes for the thumbnails of a picture.
//
// node measure.mjs PICTURE ROUNDS: prints, for each way of asking sharp, the seconds of CPU of one round. On one
// thread, and nothing is kept from one round to the next.
import sharp from "sharp";

const [file, rounds] = process.argv.slice(2);
const SIDES = [1280, 640, 320];
const JPEG = { quality: 80 };

sharp.concurrency(1);
sharp.cache(false);

const ways = {
  // As its documentation shows it: the file is read anew for each size, as small as the decoder can make it.
  async "a pipeline for each size"() {
    for (const side of SIDES) await sharp(file).autoOrient().resize(side, side, { fit: "inside" }).jpeg(JPEG).toBuffer();
  },
  // Decoded once, each size made from the next larger, as we do it.
  async "decoded once"() {
    let larger = await sharp(file)
      .autoOrient()
      .resize(SIDES[0], SIDES[0], { fit: "inside" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (const side of SIDES) {
      const { width, height, channels } = larger.info;
      const raw = { raw: { width, height, channels } };
      if (side < Math.max(width, height)) {
        larger = await sharp(larger.data, raw)
          .resize(side, side, { fit: "inside" })
          .raw()
          .toBuffer({ resolveWithObject: true });
      }
      const { info, data } = larger;
      await sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
        .jpeg(JPEG)
        .toBuffer();
    }
  },
};

const seconds = {};
for (const [name, way] of Object.entries(ways)) {
  await way();
  const before = process.cpuUsage();
  for (let round = 0; round < Number(rounds); round++) await way();
  const { user, system } = process.cpuUsage(before);
  seconds[name] = (user + system) / 1e6 / Number(rounds);
}
console.log(JSON.stringify(seconds));
