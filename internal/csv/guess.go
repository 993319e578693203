package csv

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// written is a group of languages by the letters that they have beyond a to z, and
// the encodings that their texts are kept in, the most usual first.
type written struct {
	letters   string // in lower case
	encodings []Encoding
}

var languages = []written{
	{"äöüßéèêëàâîïôûùçœñáíóúãõåæøì", []Encoding{Windows1252, "mac-roman", "cp850", "cp437", "iso-8859-15"}},
	{"ąćęłńóśźżáčďéěíňřšťúůýžäľĺŕôőöűüăâîșşțţđëç", []Encoding{"windows-1250", "iso-8859-2", "cp852"}},
	{"çğıöşüâîi̇", []Encoding{"windows-1254"}},
	{"ąčęėįšųūžāēģīķļņōŗõäöü", []Encoding{"windows-1257", "iso-8859-13"}},
	{"абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ", []Encoding{"windows-1251", "koi8-r", "cp866", "iso-8859-5", "mac-cyrillic"}},
	{"αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ", []Encoding{"windows-1253", "iso-8859-7"}},
	{"אבגדהוזחטיךכלםמןנסעףפץצקרשת", []Encoding{"windows-1255", "iso-8859-8"}},
	{"ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي", []Encoding{"windows-1256", "iso-8859-6"}},
}

// asian are encodings of several bytes, with what their texts mostly have: kana,
// Hangul, or the most frequent characters of Chinese.
var asian = []struct {
	encoding Encoding
	usual    func(rune) bool
	share    float64 // of the characters of most texts
	bytes    float64 // that are not ASCII, a character, at least; where fewer are, a letter behind was taken for a half
}{
	{"shift_jis", kana, 0.4, 1.3}, {"euc-jp", kana, 0.4, 1.8},
	{"euc-kr", func(r rune) bool { return unicode.Is(unicode.Hangul, r) }, 1, 1.8},
	{"gbk", func(r rune) bool { return strings.ContainsRune(simplified, r) }, 0.4, 1.7},
	{"big5", func(r rune) bool { return strings.ContainsRune(traditional, r) }, 0.4, 1.4},
}

// kana of full width; those of half width are what many bytes mean in Shift JIS.
func kana(r rune) bool {
	return r < 0xff00 && (unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r))
}

// The most frequent characters of Chinese in both scripts, and of names of places
// and firms.
const (
	simplified  = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运京省州县镇街号店广江河湖城湾龙云福林杨李陈刘黄赵周吴徐孙"
	traditional = "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運京省州縣鎮街號店廣江河湖城灣龍雲福林楊李陳劉黃趙周吳徐孫臺"
)

// plausible is the share of plausible characters, less that of others, from which
// on an encoding is believed; it is said in the profile.
const plausible = 0.5

// How many bytes that are not ASCII, and different ones, tell languages of other
// scripts, or of central Europe, from those of the west.
const (
	fewestBytes     = 4
	fewestDifferent = 2
)

// guessEncoding finds the encoding of a text that is not UTF-8: the one in which
// what is not ASCII becomes letters of one language, in upper case only where words
// begin or are in upper case throughout, or typographic signs where no letters are.
// It is empty for UTF-8, with few bytes that are none, and where nothing fits.
func guessEncoding(text []byte) Encoding {
	valid, invalid := 0, 0
	different := map[byte]bool{}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			invalid++
			different[text[i]] = true
		case n > 1:
			valid++
		}
		i += n
	}
	if invalid == 0 || valid > invalid {
		return ""
	}
	best, most := Encoding(""), plausible-1e-9
	few := invalid < fewestBytes || len(different) < fewestDifferent
	for i, l := range languages {
		if few && i > 0 {
			return best // too few to tell scripts apart
		}
		for k, e := range l.encodings {
			if few && k > 0 && e != "iso-8859-15" {
				continue
			}
			table := encodings[e].(*charmap.Charmap)
			s := scoreOf(text, table, l.letters) - perLetter*float64(utf8.RuneCountInString(l.letters))
			if s > most && !sameText(best, table, different) {
				best, most = e, s
			}
		}
	}
	for _, a := range asian {
		if s := asianScore(text, a.encoding, a.usual, a.share, a.bytes); s > most {
			best, most = a.encoding, s
		}
	}
	return best
}

// perLetter is what a letter that a language has takes from its score: of two that
// a text may be in, the one with fewer letters is the more probable.
const perLetter = 0.001

// sameText reports whether bytes mean the same in two encodings.
func sameText(e Encoding, table *charmap.Charmap, bytes map[byte]bool) bool {
	other, ok := encodings[e].(*charmap.Charmap)
	for b := range bytes {
		if !ok || other.DecodeByte(b) != table.DecodeByte(b) {
			return false
		}
	}
	return true
}

// signs stand outside of words in many languages; ’ stands inside, too.
const signs = "€“”‘’„‚–—…°§©®™½¼¾²³´«»±µ×·•¡¿ºª£¥¢\u00a0"

func scoreOf(text []byte, table *charmap.Charmap, letters string) float64 {
	at := func(i int) rune {
		if i < 0 || i >= len(text) {
			return ' '
		}
		if text[i] < utf8.RuneSelf {
			return rune(text[i])
		}
		return table.DecodeByte(text[i])
	}
	sum, n := 0.0, 0.0
	first, _ := utf8.DecodeRuneInString(letters)
	latin := unicode.Is(unicode.Latin, first)
	for i, c := range text {
		if c < utf8.RuneSelf {
			continue
		}
		n++
		before, r, after := at(i-1), table.DecodeByte(c), at(i+1)
		if latin && i > 0 && i+1 < len(text) && text[i-1] >= utf8.RuneSelf && text[i+1] >= utf8.RuneSelf && unicode.IsLetter(r) {
			sum-- // three letters in a row that are not of a to z
			continue
		}
		inside := unicode.IsLetter(before) && unicode.IsLetter(after)
		if !latin && unicode.IsLetter(r) && (before < utf8.RuneSelf && unicode.IsLetter(before) || after < utf8.RuneSelf && unicode.IsLetter(after)) {
			sum-- // two scripts in one word
			continue
		}
		switch {
		case strings.ContainsRune(letters, unicode.ToLower(r)) && r != utf8.RuneError:
			if unicode.IsUpper(r) && unicode.IsLower(before) {
				sum--
			} else {
				sum++
				if unicode.IsUpper(r) && unicode.IsLower(after) && unicode.IsUpper(before) {
					sum--
				}
			}
		case strings.ContainsRune(signs, r) && (!inside || r == '’'):
			sum += 0.6
		default:
			sum--
		}
	}
	return sum / n
}

// asianScore is the share of usual characters, of the share that they have in most
// texts; 0 where the bytes are no text of the encoding.
func asianScore(text []byte, e Encoding, usual func(rune) bool, share, bytes float64) float64 {
	decoded, err := encodings[e].NewDecoder().Bytes(text)
	if err != nil {
		return 0
	}
	n, known, wrong := 0.0, 0.0, 0.0
	for _, r := range string(decoded) {
		switch {
		case r < utf8.RuneSelf:
			continue
		case r == utf8.RuneError:
			wrong++
		case usual(r):
			known++
		}
		n++
	}
	high := 0.0
	for _, c := range text {
		if c >= utf8.RuneSelf {
			high++
		}
	}
	if n == 0 || wrong > 0.01*n || high < bytes*n {
		return 0
	}
	return min(1, known/n/share)
}
