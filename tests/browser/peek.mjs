import { launch, looks, passwords, Visitor } from "./site.mjs";
const [,, log, who, path, look, out, y0] = process.argv;
const url=new URL("http://127.0.0.1:8090"); const known=await passwords(log);
const b=await launch(); const v=await Visitor.begin(b,url,looks[look]);
if (who!=="-") await v.signIn(who, known[who]);
await v.go(path); await v.page.waitForTimeout(1200);
await v.page.evaluate((y)=>window.scrollTo(0,y), Number(y0??0)); await v.page.waitForTimeout(300);
await v.page.screenshot({path:out}); console.log(v.wrong); await b.close();
