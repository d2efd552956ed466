"""Small sources as newsrooms have them, made by hand: what each holds is counted in the tests."""
# ruff: noqa: E501

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="/feed.xsl"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>The Gazette</title><atom:link href="https://gazette.example/feed" rel="self"/>
<link>https://gazette.example/</link><language>en-GB</language><lastBuildDate>Sun, 05 May 2024 10:00:00 GMT</lastBuildDate>
<item><title>Bridge &amp;amp; tunnel <![CDATA[<b>open</b>]]></title>
<link>https://gazette.example/1?utm_source=rss&utm_medium=feed</link><guid isPermaLink="false">123</guid>
<pubDate>Sat, 04 May 2024 10:11:12 +0300</pubDate><category>City</category><category>Bridges</category>
<dc:creator>Ann Bee</dc:creator><media:content url="https://gazette.example/1.jpg" medium="image" width="600"/>
<description>Teaser</description>
<content:encoded><![CDATA[<p>By Ann Bee</p><p>The bridge <a href="/2">was closed</a> for&nbsp;years until Mon&shy;day.</p>
<p>It opened <a href="https://elsewhere.example/x">at last</a>.</p>
<p>Read more:</p><ul><li><a href="https://gazette.example/3">Council votes for the repair</a></li></ul>
<p>Subscribe to our newsletter</p>]]></content:encoded></item>
<item><title>Bridge closed</title><link>https://gazette.example/2</link><pubDate>Fri, 3 May 2024 08:00 CEST</pubDate>
<description>The bridge was closed &amp;amp; nobody knows why.</description></item>
<item><title>Bad link</title><link>javascript:alert(1)</link><description>Text of it</description><pubDate> </pubDate></item>
<item><link>https://gazette.example/empty</link></item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="uk"><title>Газета</title>
<link rel="self" href="https://gazeta.example/atom.xml"/><updated>2024-05-05T10:00:00Z</updated>
<entry><title type="html">Міст &amp;amp; &lt;b&gt;тунель&lt;/b&gt;</title><id>tag:gazeta.example,2024:1</id>
<link rel="alternate" href="https://gazeta.example/1"/><published>2024-05-04T10:00:00+03:00</published>
<updated>2024-05-05T10:00:00Z</updated><author><name>Оля</name></author><category term="city" label="Місто"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Міст <a href="/2">закрили</a>.</p>
<p>Читайте також: <a href="https://gazeta.example/3">Рада голосує за ремонт</a></p></div></content></entry>
<entry><title>Другий міст</title><id>tag:gazeta.example,2024:2</id><link href="https://gazeta.example/2"/>
<link rel="enclosure" type="image/jpeg" href="/2.jpg"/><link rel="related" href="/1" title="Міст"/>
<updated>2024-05-03T10:00:00Z</updated><summary type="html">&lt;p&gt;Другий міст закрили.&lt;/p&gt;</summary></entry></feed>"""

RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://old.example/"><title>Old Wire</title></channel>
<item rdf:about="https://old.example/1"><title>One</title><link>https://old.example/1</link>
<description>The first</description><dc:date>2004-05-04T10:00:00+02:00</dc:date></item></rdf:RDF>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "The Gazette", "language": "en",
 "items": [
 {"id": "1", "url": "https://gazette.example/1", "title": "Bridge opens", "date_published": "2024-05-04T10:11:12+03:00",
  "content_html": "<p>The bridge <a href=\\"https://gazette.example/2\\">was closed</a>.</p>", "tags": ["City", "Bridges"],
  "authors": [{"name": "Ann Bee"}], "image": "https://gazette.example/1.jpg"},
 {"id": 2, "url": "https://gazette.example/2", "title": "Bridge closed", "content_text": "It was closed.\\n\\nRead more:\\n- Council votes for it"},
 {"id": "3"}, "nothing"]}"""

WXR = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- generator="WordPress/6.5" -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>The Gazette</title><link>https://gazette.example</link><language>en-US</language><wp:wxr_version>1.2</wp:wxr_version>
<item><title><![CDATA[Bridge & tunnel open]]></title><link>https://gazette.example/2024/05/bridge/</link>
<pubDate>Sat, 04 May 2024 10:11:12 +0000</pubDate><dc:creator><![CDATA[ann]]></dc:creator>
<guid isPermaLink="false">https://gazette.example/?p=1</guid><description></description>
<content:encoded><![CDATA[The bridge <a href="https://gazette.example/2024/04/closed/">was closed</a> for years.

It opened at last. [caption id="x"]A bridge[/caption]

<strong>Read more:</strong>
<ul><li><a href="https://gazette.example/2024/03/vote/">Council votes for the repair</a></li></ul>]]></content:encoded>
<excerpt:encoded><![CDATA[A teaser that is not the body]]></excerpt:encoded>
<wp:post_id>1</wp:post_id><wp:post_date_gmt><![CDATA[2024-05-04 10:11:12]]></wp:post_date_gmt>
<wp:post_modified_gmt>2024-05-05 10:00:00</wp:post_modified_gmt><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
<category domain="category" nicename="city"><![CDATA[City]]></category>
<category domain="post_tag" nicename="bridges"><![CDATA[Bridges]]></category></item>
<item><title>Closed</title><link>https://gazette.example/2024/04/closed/</link>
<content:encoded><![CDATA[<!-- wp:paragraph --><p>The bridge was closed.</p><!-- /wp:paragraph -->]]></content:encoded>
<wp:post_date_gmt>2024-04-01 08:00:00</wp:post_date_gmt><wp:status>private</wp:status><wp:post_type>post</wp:post_type></item>
<item><title>A draft</title><link>https://gazette.example/?p=3</link><content:encoded>x</content:encoded>
<wp:status>draft</wp:status><wp:post_type>post</wp:post_type></item>
<item><title>A picture</title><link>https://gazette.example/p.jpg</link><wp:status>inherit</wp:status><wp:post_type>attachment</wp:post_type></item>
<item><title>About us</title><link>https://gazette.example/about/</link><content:encoded>We</content:encoded>
<wp:status>publish</wp:status><wp:post_type>page</wp:post_type></item>
</channel></rss>"""

NINJS = """{"uri": "http://agency.example/items/1", "type": "text", "versioncreated": "2024-05-04T10:11:12Z",
 "firstcreated": "2024-05-04T09:00:00Z", "pubstatus": "usable", "headline": "Bridge opens", "language": "en-GB",
 "body_xhtml": "<div><p>The bridge was closed for years.</p><p>It opened.</p></div>",
 "subject": [{"code": "04000000", "name": "economy"}, {"name": "transport"}], "people": [{"rel": "author", "name": "Ann Bee"}],
 "associations": {"main": {"type": "picture", "headline": "The bridge",
  "renditions": {"web": {"href": "https://agency.example/1.jpg", "width": 600}}},
  "related": {"type": "text", "uri": "http://agency.example/items/0", "headline": "Council votes for it"}}}"""

NINJS_2 = """[{"uri": "urn:agency:2", "type": "text", "versioncreated": "2024-05-05T10:11:12Z", "pubstatus": "canceled",
 "headlines": [{"role": "short", "value": "Short"}, {"role": "main", "value": "The main headline"}],
 "bodies": [{"role": "main", "contenttype": "text/html", "value": "<p>The body.</p>"}]},
 {"uri": "urn:agency:3", "type": "picture", "headline": "A picture", "versioncreated": "2024-05-05T10:11:12Z"}]"""

PAGE = """<!doctype html><html lang="en"><head><title>{title} | The Gazette</title>
<link rel="canonical" href="{url}"><link rel="alternate" type="application/rss+xml" href="/feed">
<script type="application/ld+json">{{"@context": "https://schema.org", "@graph": [{{"@type": "WebSite", "name": "Gazette"}},
 {{"@type": "NewsArticle", "headline": "{title}", "datePublished": "2024-05-04T10:11:12+03:00", "articleSection": ["City"],
 "image": [{{"url": "https://gazette.example/1.jpg"}}], "author": [{{"@type": "Person", "name": "Ann Bee"}}],
 "publisher": {{"name": "The Gazette"}}, "keywords": "bridge, river"}}]}}</script></head>
<body><nav><a href="/1">Bridge opens</a> <a href="/2">Bridge closed</a></nav><div class="cookie">We use cookies</div>
<div class="wrap"><h1>{title}</h1><div class="story">{body}</div></div><footer>© 2024 The Gazette</footer></body></html>"""

FRONT_MATTER = {
    "content/city/bridge.md": '+++\ntitle = "Bridge opens"\ndate = 2024-05-04T10:11:12+03:00\ntags = ["bridge", "river"]\n'
    'draft = false\n+++\nThe bridge [was closed]({{< ref "closed.md" >}}) for years. See <https://elsewhere.example/x>.\n\n'
    "## Read more\n\n- [Council votes for the repair](/city/vote/)\n",
    "content/city/closed.md": '{\n  "title": "Bridge closed",\n  "date": "2024-05-03"\n}\n\nIt [was](../bridge/) closed.\n',
    "content/city/vote.md": "---\ntitle: Council votes\ndate: 2024-05-02 10:00:00 +0200\ncategories: [City Hall]\n---\nIt voted.\n",
    "_posts/2024-05-01-ferry.md": "---\ntitle: Ferry line\nlayout: post\n---\nThe ferry "
    "[to the vote]({% post_url 2024-05-01-island %}) and [home]({{ site.baseurl }}/).\n",
    "_posts/2024-05-01-island.html": "---\ntitle: The island\npublished: false\n---\n<p>An island.</p>",
}
