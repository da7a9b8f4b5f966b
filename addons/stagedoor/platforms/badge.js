(()=>{const data=__DATA__;document.currentScript?.remove();
const show=()=>{
const host=document.createElement("stagedoor-badge");
host.style.cssText="all:initial;position:fixed;right:12px;bottom:12px;z-index:2147483647;contain:layout style";
const root=host.attachShadow({mode:"open"});
const sheet=new CSSStyleSheet();sheet.replaceSync(data.style);root.adoptedStyleSheets=[sheet];
const make=(tag,text,parent)=>{const e=document.createElement(tag);if(text)e.textContent=text;parent.append(e);return e};
const box=make("section","",root);box.setAttribute("aria-label",data.label);
const button=make("button",data.title,box);button.className=data.mood;
button.setAttribute("aria-expanded","false");button.setAttribute("aria-controls","more");
const more=make("div","",box);more.id="more";more.hidden=true;
for(const part of data.parts){make("h2",part.title,more);const list=make("ul","",more);
for(const line of part.lines)make("li",line,list)}
if(data.when)make("small",data.when,more);
const row=make("p","",more);
if(data.link){const a=make("a",data.all,row);a.href=data.link;a.target="_blank";a.rel="noopener noreferrer"}
const off=make("button",data.off,row);off.className="off";
const open=(to)=>{more.hidden=!to;button.setAttribute("aria-expanded",String(to))};
button.addEventListener("click",()=>open(more.hidden));
box.addEventListener("keydown",(e)=>{if(e.key==="Escape"&&!more.hidden){open(false);button.focus();e.stopPropagation()}});
off.addEventListener("click",()=>host.remove());
document.documentElement.append(host)};
if(document.readyState==="complete")show();else addEventListener("load",show,{once:true})})();
