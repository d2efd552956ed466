"""The words of cues, by language: what stands above or before the headlines that editors point to."""

import unicodedata
from itertools import product

# Phrases are parted by ";", alternatives of a word by "/"; "_" joins the words of one alternative.
_ENGLISH = """
read more/also/next; also read; read more on this; read more on this/the story/topic/subject; related
related article/articles/story/stories/news/content/coverage/post/posts/reading/links; more related stories
more on this; more on this/the story/topic/subject; more stories/coverage; more like this; read; read this
read this next; icymi; in case you missed it; editor's/editors' picks/choice; top stories; from the archive/archives
keep reading; up next; the story so far; recommended/suggested stories/articles/reading/posts/for_you
read our story/report/analysis/interview/investigation; see also; you may/might also like
you may/might be_interested_in/also_be_interested_in; don't miss; what to read next; read now/here
also read/see/watch; watch also/next; more to read; more reading/news; must read/reads; go/dig deeper
read the full story; recommended content/coverage; related topics_and_stories; similar articles/stories/news
our earlier/previous/related coverage/reporting/stories; earlier/previous coverage; earlier on this/the story/topic
you might/may have missed; you may/might enjoy/also_enjoy/want_to_read/also_want_to_read; other news/stories
from our archive/archives; essential/selected/suggested reading; what we're reading; our picks; picked for you
recommended by the/our editors; editor's/editors' recommendation/recommendations
more/read about/on this/the issue/subject; for more on this/the story/topic/subject; more about this; explore more
continue reading; see more
"""
_UKRAINIAN = """
читайте; читайте/читати/читай також/ще/далі; читайте/також на цю тему; також читайте; читайте більше
дивіться/дивись також; також по/за темі/темою; за темою; по темі; до теми; ще/більше за/по темою/темі; на цю/цю_ж тему
більше на цю тему; цікаве/цікаво за/по темою/темі; новини/матеріали/статті за/по темою/темі; детальніше; докладніше
детальніше/докладніше/читайте в/у матеріалі/статті; більше/детальніше/докладніше читайте/читайте_тут
рекомендуємо/радимо; рекомендуємо/радимо прочитати/почитати; що почитати; що почитати за/по темою/темі
пов'язані/схожі новини/статті/матеріали
вас/вам може/можуть/також_може/також_можуть/може_також зацікавити/сподобатися/сподобатись/бути_цікаво/бути_цікавим
вас може/можуть/також_може/також_можуть зацікавити новини/матеріали/статті; вам буде/також_буде цікаво
вам також сподобається; більше про це; більше/ще про/на цю тему; більше за/по цією/цій темою/темі
не пропустіть/пропусти; дивіться; дивіться/дивись ще/більше; інші новини/матеріали/статті/публікації
інші/схожі/пов'язані/рекомендовані новини/матеріали/статті/публікації/теми
інші/останні/головні/схожі новини/матеріали/статті за/по темою/темі
матеріал/стаття/новина/публікації/тексти/відео за/по темою/темі; раніше за/по темою/темі
головне/усе/все за/по темою/темі; раніше ми писали; раніше писали/повідомляли; ми писали раніше; ми раніше писали
про це ми писали; вибір редакції/редактора; редакція рекомендує/радить
почитайте/прочитайте/прочитати/почитати/подивіться також/ще; що ще почитати; також цікаво/цікаве/може_бути_цікаво
цікаве/цікаво також; більше новин; ще новини; читайте більше/ще/також про/на/за це/цю_тему/темою
читайте у/в нас/нашому_матеріалі; детальніше/докладніше про це
"""
_RUSSIAN = """
читайте; читайте/читать/читай также/ещё/еще/далее; читайте/также на эту тему; также читайте; смотрите/смотри также
по теме; ещё/еще/больше/также по теме; подробнее; подробнее/читайте в материале/статье; рекомендуем/советуем
рекомендуем/советуем прочитать/почитать; что почитать; что почитать по теме; об этом читайте
об этом читайте здесь/также; подробнее/больше читайте/читайте_здесь; другие материалы по теме
новости/материалы/статьи по теме; связанные/похожие новости/статьи/материалы
вас/вам может/могут/также_может/также_могут/может_также заинтересовать/понравиться/быть_интересно
вас может/могут/также_может/также_могут заинтересовать новости/материалы/статьи; см. также/ещё/еще
вам будет/также_будет интересно; больше об этом; больше/ещё/еще на/по эту/этой тему/теме; на эту тему/же_тему
по этой теме; не пропустите/пропусти; смотрите; смотрите/смотри ещё/еще
другие/похожие/связанные новости/материалы/статьи; рекомендуемые/рекомендованные материалы/статьи/новости
другие/главные/последние/похожие новости/материалы/статьи по теме
материал/статья/новость/публикации/тексты/видео по теме; ранее по/на теме/эту_тему; главное/всё/все по теме
ранее мы писали/сообщали; мы писали ранее; мы ранее писали; об этом мы писали; выбор редакции/редактора
редакция рекомендует/советует; почитайте/прочитайте/прочтите/прочитать/посмотрите также/ещё/еще; что ещё/еще почитать
также интересно; интересно/интересное также; интересное/полезное по теме; в тему; это интересно; больше новостей
читайте больше/ещё/еще/также об/на/по этом/эту_тему/теме; читайте у/в нас/нашем_материале; подробнее об этом
"""
_GERMAN = """
lesen sie auch/mehr/weiter/dazu/hierzu/hier; lesen sie dazu/hierzu auch; lesen sie auch dazu; lies auch/mehr
mehr lesen; mehr zum thema; mehr zu diesem thema; passend zum thema; weitere artikel; weitere artikel zum thema
siehe auch; auch lesenswert/spannend; lesetipp; lesetipps; mehr dazu lesen_sie/hier/lesen_sie_hier
lesen sie unsere/unser/unseren reportage/analyse/bericht/interview; das könnte sie interessieren/auch_interessieren
verwandte/ähnliche artikel/themen/beiträge; auch interessant; s. auch
lesen sie jetzt/außerdem/zudem/ebenfalls/zum_thema/mehr_zum_thema; lies außerdem/weiter/jetzt/dazu/hier
jetzt/auch/hier lesen; zum weiterlesen; empfehlung/empfehlungen/tipp/tipps der redaktion; redaktionstipp
redaktionstipps; redaktionsempfehlung; unser/unsere empfehlung/empfehlungen/lesetipp/lesetipps; leseempfehlung
leseempfehlungen; schon gelesen
empfohlene/weiterführende/passende artikel/beiträge/inhalte/berichte/meldungen/nachrichten/themen
verwandte/ähnliche/weitere/andere artikel/beiträge/inhalte/berichte/meldungen/nachrichten/themen
empfohlene/weiterführende/passende/weitere artikel/beiträge/meldungen/nachrichten/berichte/texte zum/zu_diesem thema
mehr/alle/alles/neues artikel/nachrichten/beiträge/news zum/zu_diesem thema; alles/neues zum thema
artikel/beiträge zum thema; mehr hierzu/darüber; mehr zum thema lesen; mehr artikel/nachrichten/beiträge
ebenfalls/auch interessant/lesenswert/spannend; das könnte dich/euch/sie/ihnen/dir interessieren/gefallen
das könnte dich/euch/sie/ihnen/dir auch interessieren/gefallen; könnte sie/dich auch interessieren
vielleicht auch interessant; auch/noch interessant; interessant dazu; hintergründe/dossier zum thema
mehr zum hintergrund; nicht verpassen; verpassen sie nicht; aus dem/unserem archiv; siehe dazu/hierzu
siehe dazu/hierzu auch; lesen sie mehr dazu/hierzu/darüber; mehr lesen zum thema; dazu auch
"""
_FRENCH = """
à/a lire aussi/également; lire/lisez aussi/également; lire plus; à/a voir aussi; voir aussi; sur le même sujet/thème
à/a lire/relire; relire; à/a lire sur le même sujet/thème; à/a lire sur ce sujet; nos articles/dossiers
nos articles sur le/ce sujet
lire/lisez notre/nos article/articles/dossier/reportage/enquête/analyse/entretien/interview/portrait/récit
plus sur ce sujet; articles liés/similaires/connexes/associés; à/a découvrir aussi
lire/lisez/relire/relisez encore/ici/sur_ce_sujet; à/a lire ensuite/absolument; voir également
regarder/regardez aussi; à/a écouter/regarder aussi/également; écouter/écoutez aussi; à/a voir également
à/a lire et_à_voir; vous aimerez aussi/peut-être/lire; vous pourriez aussi/également aimer; vous pourriez aimer
cela/ça/ceci/ces_articles peut/pourrait/pourraient/devrait vous intéresser
cela/ça/ceci peut/pourrait aussi vous intéresser; ça/cela peut/pourrait vous intéresser aussi
ces/cet articles/article pourraient/pourrait/peut vous intéresser; peut vous intéresser
susceptible/susceptibles de vous intéresser
articles/contenus/sujets/actualités recommandés/recommandées/suggérés/en_lien
articles/contenus/sujets/actualités en_relation/sur_le_même_sujet/associés/associées; article associé/lié/recommandé
articles/actualités/contenus sur ce/le_même sujet/thème; dossier sur ce/le_même sujet; autres articles
autres articles/contenus sur ce/le_même sujet; plus d'articles/d'actualités; plus d'articles sur ce/le_même sujet
tous nos/les articles; tous nos/les articles sur ce/le sujet; nos autres/derniers articles
dans la même rubrique/catégorie/série/thématique; dans le même dossier; sur la même thématique; sur ce sujet/thème
même sujet; à/a ne pas manquer/rater; ne manquez/ratez pas; retrouvez/découvrez aussi/également; découvrir aussi
en lien avec cet/cet_article; la sélection/le_choix/les_choix de la rédaction; le/les choix de la rédaction
recommandé pour vous; recommandations de la rédaction; en relation; en lien; plus sur ce thème; les articles à lire
pour en lire plus
"""
_SPANISH = """
lea; lee; leer/lea/lee más/también; ver/vea/véase también; le/te puede interesar; le/te puede interesar también
también le/te puede interesar; puede interesarle; más sobre este/el tema; más noticias
lectura/lecturas recomendada/recomendadas; lee/lea nuestro/nuestra reportaje/entrevista; sigue leyendo
te recomendamos; noticias/artículos/contenido/contenidos/notas relacionadas/relacionados/relacionado; relacionado
relacionados
le/les/te/os/también_le/también_te puede/pueden/podría/podrían interesar/gustar/interesar_también/gustar_también
puede que le/te interese; puede/podría/podrían interesarte; quizá/quizás/tal_vez te/le interese
le/te interesa/interesará; lee/lea/leé/leer/mira/mirá/mire/ver/vea/escucha/escuchá/consulta/conoce también/además
leé/mirá/mira/mire; leé/mirá/mira/conoce más; lee/lea/leer además/ahora; también lee/lea/leé/mira/mirá
también puedes/puede leer/ver; puedes/puede leer/ver también; puedes ver; no te pierdas; no se pierda
no deje/dejes de leer; otras/más/últimas noticias/notas sobre/de este/el tema; otras noticias/notas
más información sobre este/el tema
noticia/nota/artículo/información/contenido/lectura relacionada/relacionado/recomendada/recomendado
notas/noticias/artículos/temas/contenidos/lecturas recomendados/recomendadas/relacionados/relacionadas/similares
relacionada; relacionadas; sobre el mismo tema; sobre este tema; en este tema; para leer más; para seguir leyendo
te/le recomendamos leer/ver; le recomendamos; te/le sugerimos; te/le sugerimos leer
recomendado/recomendados para ti/usted; la selección/recomendación de la redacción; descubre/descubra más/también
ampliar información; de nuestro archivo
"""
_POLISH = """
czytaj; przeczytaj; zobacz; czytaj/przeczytaj/zobacz/sprawdź też/także/również; czytaj więcej/dalej
więcej na ten temat; więcej o tym; polecamy też/także/również; powiązane; powiązane/podobne artykuły; warto przeczytać
obejrzyj/posłuchaj/poczytaj/czytajcie/zobaczcie też/także/również; zobacz/sprawdź więcej; dowiedz się więcej
może/mogą/to_może/może_też/może_także/może_również cię/ciebie/was/państwa zainteresować
może/mogą/to_może/może_też/może_także/może_również cię/ciebie/was/państwa zainteresować_także/zainteresować_też
może/mogą zainteresować cię/was/państwa/cię_też/cię_także; może cię/was także/też/również zainteresować
zainteresuje cię; polecane/podobne/inne/wybrane/powiązane/najnowsze/więcej artykuły/teksty/materiały
polecane/podobne/inne/wybrane/powiązane/najnowsze/więcej wiadomości/artykułów/tekstów/wiadomości
polecane/podobne/inne/powiązane/najnowsze artykuły/teksty/wiadomości na_ten_temat/w_temacie
polecany/powiązany artykuł/tekst; w temacie; w tym temacie; na ten temat; na ten sam temat; na podobny temat
o tym samym; więcej w tym temacie; inni czytali też/także/również; nie przegap; wybór redakcji; redakcja poleca
polecamy przeczytać/lekturę/artykuł; wcześniej pisaliśmy; pisaliśmy o tym/wcześniej; o sprawie pisaliśmy
o tym pisaliśmy; czytaj o tym; czytaj więcej o tym; warto też/także przeczytać; z archiwum; powiązane tematy
"""
_ITALIAN = """
leggi; leggi anche/altro; leggi di più; vedi/guarda anche; potrebbe/potrebbero interessarti
ti potrebbe/potrebbero interessare; potrebbe/potrebbero interessarti anche; ti potrebbe/potrebbero interessare anche
articoli/notizie correlati/correlate; sullo stesso argomento/tema; sul tema; leggi l'articolo/l'intervista/l'analisi
letture consigliate; leggi/leggete/vedi/guarda/ascolta/scopri/rileggi anche/pure/ancora; leggi/scopri/guarda ancora
scopri di più; da non perdere; non perderti; non perdere; da leggere; consigliato/consigliati per te
scelti/scelte per te/voi; ti consigliamo; ti consigliamo anche/di_leggere/di_leggere_anche; vi consigliamo
le nostre letture; può/possono/potrebbe/potrebbero interessarti; può/possono interessarti anche
ti può/possono interessare; ti può/possono interessare anche; ti potrebbe/potrebbero piacere
ti potrebbe/potrebbero piacere anche; potrebbe/potrebbero piacerti; potrebbe/potrebbero piacerti anche
articoli/notizie/contenuti/storie/news correlati/correlate/simili/consigliati/consigliate/collegati/collegate/suggeriti
notizia/articolo correlata/correlato/collegato; altri articoli/contenuti; altre notizie
altri/altre articoli/notizie sull'argomento/sul_tema/su_questo_tema/sullo_stesso_argomento; sull'argomento
su questo tema/argomento; dello stesso argomento; sul medesimo tema; dall'archivio; dal nostro archivio
leggi la/il/il_nostro/la_nostra storia/reportage/intervista/analisi/articolo; leggi l'inchiesta/l'approfondimento
la scelta/le_scelte della redazione; le scelte della redazione; scelti dalla redazione; consigliati dalla redazione
"""
_PORTUGUESE = """
leia/lê/ler/veja/ver/vê/confira/assista/ouça/conheça/recorde/reveja também/mais/ainda; leia a_seguir/agora/aqui
saiba mais; você pode/também_pode gostar/se_interessar; você também pode gostar/se_interessar
você pode gostar também/de_ler; pode interessar; pode/também_pode/poderá interessar-lhe/gostar
também lhe pode interessar; talvez goste; talvez você goste; talvez lhe/te interesse
notícia/matéria/artigo/conteúdo relacionada/relacionado/recomendada/recomendado
notícias/matérias/artigos/reportagens/conteúdos/textos/histórias relacionadas/relacionados/recomendadas/recomendados
notícias/matérias/artigos/textos similares/semelhantes/sobre_o_tema/sobre_o_assunto; conteúdo relacionado
relacionadas; sobre o mesmo tema/assunto; mais sobre o/este/esse assunto/tema
leia mais sobre o/este/esse assunto/tema; outras/mais notícias; outras notícias sobre o assunto/tema; não perca
leia a matéria/reportagem/entrevista/análise; sugestão/sugestões de leitura; leitura/leituras recomendada/recomendadas
recomendado/recomendados para você/si/ti; escolha/escolhas do editor; escolha/escolhas da redação; do arquivo
continue lendo; continuar a ler
"""
_DUTCH = """
lees ook/nu/hier/verder/meer/eerder/daarover; lees hier/meer verder/over_dit_onderwerp/hierover; lees ook hierover
meer over dit/het onderwerp/thema; meer over deze zaak/kwestie; meer hierover; verder/meer lezen
zie/bekijk/kijk/luister ook; gerelateerd; gerelateerde artikelen/berichten/verhalen/onderwerpen
gerelateerd nieuws/artikel; ander/meer nieuws
misschien/mogelijk/wellicht ook interessant/leuk/interessant_voor_u/interessant_voor_jou; ook interessant
dit vind je misschien/mogelijk ook interessant/leuk; vind je misschien ook leuk/interessant
dit is misschien ook interessant; aanbevolen; aanbevolen artikelen/voor_jou/voor_u
andere/soortgelijke/vergelijkbare artikelen/berichten; leestip; leestips; mis niet; niet te missen; mis dit niet
uit het/ons archief; redactietip; keuze van de redactie; eerder hierover; eerder schreven we
"""
_CZECH = """
čtěte/čti/přečtěte/přečti také/taky/též/i/dále/více/víc; přečtěte/přečti si také/i/více/víc/dále/další; dále čtěte
mohlo/mohly by vás/tě/vás_také/vás_i zajímat; může/mohlo vás/tě/vás_také zajímat; mohlo by se vám líbit; související
související články/zprávy/témata/obsah/článek; k tématu; k tomuto tématu; více/víc k tématu; více o tématu
podobné/další/doporučené/vybrané/příbuzné články/zprávy/texty; další články/zprávy k tématu; na téma; doporučujeme
doporučujeme přečíst/také; nepřehlédněte; nenechte si ujít; podívejte se také/i; viz také/též; sledujte také
výběr redakce; tipy redakce; doporučení redakce; z archivu; psali jsme; už jsme psali; o tématu jsme psali
"""
_TURKISH = """
ilgili haber/haberler/içerik/içerikler/yazı/yazılar/makale/makaleler; konuyla/bununla ilgili haberler
konu hakkında daha_fazla; ilginizi/ilgini çekebilir/çekebilecek/çekebilecekler
ilginizi/ilgini çekebilecek haberler/içerikler/diğer_haberler
bunlar/bu_da/bu_haber/bu_haberler/bunlar_da ilginizi/da_ilginizi/de_ilginizi çekebilir; bu da ilginizi çekebilir
bunu/bunları/bunları_da/bunu_da/şunu_da oku/okuyun/okuyabilirsiniz; ayrıca oku/okuyun/bakınız/bakın/bkz
daha fazla/fazlasını oku/okuyun; önerilen/benzer/diğer/bağlantılı/seçilen haberler/içerikler/yazılar
okumaya devam et/edin; tıklayın; okumak için tıklayın; kaçırmayın; editörün seçimi/seçtikleri/önerileri
sizin için seçtiklerimiz; senin için seçtiklerimiz; okuma önerisi/önerileri; mutlaka okuyun; bakınız
bunlara da bakın/göz_atın
"""
_NORDIC = """
läs också/även/mer/vidare/nu/här/dessutom; läs mer här; läs mer om ämnet/detta/saken
mer i/om/på ämnet/detta/saken/samma_ämne; relaterat
relaterade/liknande/fler/rekommenderade/andra artiklar/nyheter/inlägg/texter; relaterad läsning; mer läsning
se också/även; lyssna också/även; missa inte; du kanske också gillar; du kanske gillar; andra läser/läste
andra läste även/också; rekommenderat; rekommenderat för dig; lästips; från/ur arkivet; tidigare i ämnet
redaktionen tipsar

læs også/mere/videre; læs mere om emnet; se også; relaterede artikler/nyheder; relateret; mere om emnet
gå ikke glip_af; les også/mer/videre; les mer om saken; relaterte saker/artikler; relatert; mer om saken/temaet
flere saker
"""

# Said of other things as well (a source, a book, a topic): these announce a list, never one unlinked line.
_WEAK = """
further reading; previously; background; learn/find_out more; find out more; check out; watch; listen; recommended
latest news; for more; explainer; explainers; catch up

передісторія; бекграунд; контекст; нагадаємо; останні новини; дізнайтеся/дізнайтесь більше; рекомендовані; подробиці
предыстория; бэкграунд; напомним; последние новости; узнайте больше; рекомендуемое; подробности; ранее

zum thema; mehr dazu; weiterlesen; hintergrund; hintergründe; passend dazu; dazu passt; interessant; mehr erfahren
rückblick; en savoir plus; pour en savoir plus; pour aller plus loin; contexte; rappel
notre dossier/décryptage/enquête/reportage/analyse; más información; para saber más; también en este periódico/diario
contexto; en contexto; antecedentes; además; recomendamos; recomendado; recomendados; recomendaciones; polecamy
warto wiedzieć/zobaczyć/obejrzeć; więcej; więcej informacji; przypominamy; approfondimenti; per approfondire
per saperne di_più; approfondimento; l'approfondimento; approfondisci; il precedente; entenda; relembre; recomendadas
meer informatie; achtergrond; více informací; pozadí; arka plan; bakgrund; baggrund; bakgrunn
"""

# Followed by the name of an outlet or a desk: "More from Health".
_NAMING = """
more from/in; read more from/in/on; also on; elsewhere on/in; mehr aus/von/zu/zur/zum
weitere artikel/nachrichten/beiträge aus/von/zu; mehr nachrichten/artikel aus/von/zu; plus de; plus d'articles de
más de; más noticias de; altro da/su; altre notizie da/su; più notizie da; więcej z; więcej wiadomości z
mais de/do/da; meer van/uit; více z/ze; mer från/av; mere fra; більше з; більше новин з; больше из; ещё/еще из
больше новостей из
"""

# Followed by a topic, which is a name of its own: "Meer over Oekraïne", and not "More about these projects:".
_ABOUT = """
more about/on; plus d'articles sur; más sobre; más noticias sobre; más notas sobre; più notizie su; więcej o/na_temat
więcej wiadomości o; mais sobre; leia mais sobre; meer over; lees meer over; více o; mer om; läs mer om; mere om
більше про/на_тему; більше новин про/на_тему; больше о/об; ещё/еще о/об; больше новостей о/об; другие новости о/об
"""

_STRONG = (
    *(_ENGLISH, _UKRAINIAN, _RUSSIAN, _GERMAN, _FRENCH, _SPANISH, _POLISH, _ITALIAN),
    *(_PORTUGUESE, _DUTCH, _CZECH, _TURKISH, _NORDIC),
)


def cue_word(word: str) -> str:
    """A word as cues hold it: in lower case (of a Turkish i as well) and with one sort of apostrophe."""
    lower = word.lower().replace("\u0307", "").replace("ı", "i")  # what is left of İ, and what I stands for
    return unicodedata.normalize("NFC", lower).replace("’", "'").replace("ʼ", "'")


def _expand(phrases: str) -> set[str]:
    split = [part.split() for part in cue_word(phrases).replace("\n", ";").split(";") if part.strip()]
    return {
        " ".join(words).replace("_", " ")
        for phrase in split
        for words in product(*(alternatives.split("/") for alternatives in phrase))
    }


CUES = dict.fromkeys(_expand("\n".join(_STRONG)), False) | dict.fromkeys(_expand(_WEAK), True)
"""Every cue, and whether it is a weak one."""
NAMING_CUES = dict.fromkeys(_expand(_NAMING), False) | dict.fromkeys(_expand(_ABOUT), True)
"""Cues that go on with a name, and whether it is that of a topic."""
